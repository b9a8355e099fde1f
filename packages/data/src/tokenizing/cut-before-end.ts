// Cuts a text of tokens as transformers' truncation does: its end goes, the marks that close it stay.

/** The ids up to the length allowed, with the closing marks ([SEP], </s>) kept. */
export function cutBeforeEnd(ids: readonly number[], maxLength: number, suffix: readonly number[]): readonly number[] {
  if (ids.length <= maxLength) return ids;
  return [...ids.slice(0, Math.max(0, maxLength - suffix.length)), ...suffix].slice(0, maxLength);
}
