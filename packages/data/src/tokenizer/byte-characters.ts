// GPT-2's alphabet: a letter for each byte, so that a vocabulary of bytes can be written as text. Source: openai/gpt-2,
// encoder.py, bytes_to_unicode.

/** By byte: printable ones are themselves, the others follow Latin-1. */
export const byteCharacters: readonly string[] = (() => {
  const isPrintable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let others = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : 256 + others++));
})();

const encoder = new TextEncoder();
const space = byteCharacters[32] ?? "";

/** The bytes of a text's UTF-8 in that alphabet. */
export function asByteCharacters(text: string): string {
  // Most words of most texts; the way over bytes takes ten times as long.
  if (/^[ -~]*$/.test(text)) return text.replaceAll(" ", space);
  return Array.from(encoder.encode(text), (byte) => byteCharacters[byte]).join("");
}
