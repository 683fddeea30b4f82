// The media types of bodies: which one came, and which one is wanted.
#pragma once

#include <string_view>

namespace holdfast::server::http {

/// `content_type` is application/json.
bool is_json(std::string_view content_type);
/// It is text/plain, of bytes that are read as UTF-8: with no other charset.
bool is_plain_text(std::string_view content_type);

/// Whether an Accept header asks for text/plain: it is named, and application/json is not. Neither asks for more than a
/// default does.
bool wants_plain_text(std::string_view accept);

/// Whether an Accept-Encoding header takes `coding`: it is named, or whatever there is, and not with a weight of 0.
bool takes_coding(std::string_view accept_encoding, std::string_view coding);

}  // namespace holdfast::server::http
