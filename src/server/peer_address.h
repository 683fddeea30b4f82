// Who is at the other end of a connection.
#pragma once

#include <string>

namespace holdfast::server {

/// The network address of whoever is at the other end of `socket`; empty where it has gone already.
std::string address_of_peer(int socket);

}  // namespace holdfast::server
