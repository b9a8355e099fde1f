// `maxLength` as it is typed: --max-length.

/** The flag of an option, with the dashes before it. */
export function flagName(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
