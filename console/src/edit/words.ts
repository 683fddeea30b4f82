// What the editor says. Owners' names, notes and reasons are somebody else's text, and are shown with their hidden characters.

import { guardWords, type GuardWords } from "@holdfast/client/codemirror";
import { told } from "../parts/told.js";

type Saying = Exclude<{ [Key in keyof GuardWords]: GuardWords[Key] extends (...args: never[]) => unknown ? Key : never }[keyof GuardWords], undefined>;

const plain = <Key extends Saying>(key: Key): GuardWords[Key] =>
  ((...args: never[]) => {
    const said = (guardWords[key] as (...args: never[]) => string | undefined)(...args);
    return said === undefined ? undefined : told(said);
  }) as GuardWords[Key];

export const words: GuardWords = {
  ...guardWords,
  state: plain("state"),
  news: plain("news"),
  refused: plain("refused"),
  lost: plain("lost"),
  draft: plain("draft"),
  rejected: plain("rejected"),
  requested: plain("requested"),
  declined: plain("declined"),
  handIn: plain("handIn"),
  flag: told,
};
