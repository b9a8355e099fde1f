// A name for a folder or a file, of what a person typed.

/** Letters of any script, digits, dots and hyphens; never empty, hidden or longer than a file system takes. */
export function folderName(name: string): string {
  const plain = name.normalize("NFC").replaceAll(/[^\p{L}\p{N}.]+/gu, "-");
  return [...plain.replaceAll(/^[-.]+|[-.]+$/g, "")].slice(0, 60).join("") || "adapter";
}
