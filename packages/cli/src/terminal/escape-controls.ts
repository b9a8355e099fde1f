// Names from files may carry terminal escapes that recolour, hide or overwrite what a person reads.

/** Control characters, C1 included, bidirectional overrides and line separators. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose.
const dangerous = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Makes control characters visible ("\u001b"), so that a stranger's text prints harmlessly. Tabs and line breaks stay. */
export function escapeControls(text: string): string {
  return text.replace(dangerous, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The same for a name that must stay on one line: tabs and line breaks are made visible too. */
export function escapeName(text: string): string {
  return escapeControls(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}
