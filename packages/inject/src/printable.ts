// Names from files, made fit for messages.

/** Longer lists are cut to so many. */
export const mostListed = 12;

/** A name from a file made safe to print: no control characters, no marks that turn the direction of text. */
export function printable(name: string): string {
  const plain = name.replace(/\p{C}/gu, "\u{fffd}");
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}

/** The first names in quotation marks, and how many there are besides. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostListed).map((name) => `"${printable(name)}"`);
  return names.length > mostListed ? `${shown.join(", ")} and ${names.length - mostListed} more` : shown.join(", ");
}

/** One line for each, each with a dash before it; the first ones, and how many there are besides. */
export function itemised(lines: readonly string[]): string {
  const shown = lines.slice(0, mostListed).map((line) => `\n  - ${line}`);
  return lines.length > mostListed ? `${shown.join("")}\n  - and ${lines.length - mostListed} more` : shown.join("");
}
