// HTML of values that nobody vouches for: rows of data, names of files, what a model wrote.

interface Html {
  readonly html: string;
}

const marks: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** A template whose values become text, unless they are `{ html }`. */
export function markup(parts: TemplateStringsArray, ...values: readonly (string | number | Html)[]): string {
  return parts.reduce((text, part, index) => text + asText(values[index - 1] ?? "") + part);
}

function asText(value: string | number | Html): string {
  if (typeof value === "object") return value.html;
  // Of control characters an HTML page may have no others.
  return String(value)
    .replace(/[\p{Cc}]/gu, (mark) => (mark === "\n" || mark === "\t" ? mark : "\ufffd"))
    .replace(/[&<>"']/g, (mark) => marks[mark] ?? mark);
}
