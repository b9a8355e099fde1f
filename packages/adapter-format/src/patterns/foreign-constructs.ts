// What Python's regular expressions and RE2's do not share. Some of it RE2 refuses; the rest it would take in another
// sense, and an adapter would land on other layers than in PEFT without a word. So it is looked for before compiling.

/** An escape, a class in brackets, or one character. */
const piece = /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|[\s\S]/g;

/** By how it looks where an escape begins. */
const escapes: readonly (readonly [RegExp, string])[] = [
  [/^\\[1-9]/, "it has a backreference such as \\1"],
  [/^\\Z/, "it has \\Z; write $ or nothing, since patterns match whole paths"],
  [/^\\z/, "it has \\z; write $ or nothing, since patterns match whole paths"],
  [/^\\[pP]/, "it has a Unicode class such as \\p{L}, which Python does not have; write [A-Za-z]"],
  [/^\\[QE]/, "it has a quotation \\Q…\\E, which Python does not have; put a backslash before each special character"],
  [/^\\C/, "it has \\C, which Python does not have; write a dot"],
  [/^\\x\{/, "it has \\x{…}, which Python does not have; write \\x and two digits"],
];

/** By how it looks where a group or a repetition begins. */
const others: readonly (readonly [RegExp, string])[] = [
  [/^\(\?=/, "it has a lookahead (?=…)"],
  [/^\(\?!/, "it has a negative lookahead (?!…)"],
  [/^\(\?<=/, "it has a lookbehind (?<=…)"],
  [/^\(\?<!/, "it has a negative lookbehind (?<!…)"],
  [/^\(\?<[^=!]/, "it names a group as (?<n>…), which Python does not take; write (?P<n>…) or (?:…)"],
  [/^\(\?P=/, "it has a backreference (?P=…)"],
  [/^\(\?>/, "it has an atomic group (?>…)"],
  [/^\(\?\(/, "it has a condition (?(…)…)"],
  [/^\(\?#/, "it has a comment (?#…)"],
  [/^\(\?[a-z]*U/, "it has the flag U, which Python does not have; write *? for as few as possible"],
  [/^(?:[*+?]|\{\d+(?:,\d*)?\})\+/, "it has a possessive repetition such as a++"],
  [/^\{,\d*\}/, "it has a repetition without a lower bound such as a{,3}, which RE2 takes literally; write a{0,3}"],
];

const posixClass = /\[:\^?\w+:\]/;

/** The first construct of a pattern that RE2 lacks or understands otherwise than Python; null if there is none. */
export function foreignConstruct(source: string): string | null {
  for (const { 0: text, index } of source.matchAll(piece)) {
    const found =
      text.length > 1 && text.startsWith("[")
        ? inClass(text)
        : firstOf(text[0] === "\\" ? escapes : others, source.slice(index));
    if (found !== null) return found;
  }
  return null;
}

function inClass(text: string): string | null {
  if (posixClass.test(text.slice(1)))
    return "it has a POSIX class such as [[:alpha:]], which Python takes for single characters; write [A-Za-z]";
  const found = [...text.matchAll(/\\[\s\S]/g)].map(({ index }) => firstOf(escapes, text.slice(index)));
  return found.find((reason) => reason !== null) ?? null;
}

function firstOf(constructs: readonly (readonly [RegExp, string])[], rest: string): string | null {
  return constructs.find(([look]) => look.test(rest))?.[1] ?? null;
}
