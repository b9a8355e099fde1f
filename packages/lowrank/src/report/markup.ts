// Builds HTML from untrusted values: rows of data, file names, generated text.

interface Html {
  readonly html: string;
}

const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** A template tag that escapes its values, unless they are `{ html }`. */
export function markup(parts: TemplateStringsArray, ...values: readonly (string | number | Html)[]): string {
  return parts.reduce((text, part, index) => text + asText(values[index - 1] ?? "") + part);
}

function asText(value: string | number | Html): string {
  if (typeof value === "object") return value.html;
  // An HTML page must not contain other control characters.
  return String(value)
    .replace(/[\p{Cc}]/gu, (sign) => (sign === "\n" || sign === "\t" ? sign : "\ufffd"))
    .replace(/[&<>"']/g, (sign) => named[sign] ?? sign);
}
