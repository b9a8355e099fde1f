// Numbers as texts, the same in every language.

export const megabytes = (bytes: number): string => {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
};

export const percent = (share: number): string =>
  share === 0
    ? "0\u00a0%"
    : `${(100 * share).toFixed(share < 0.001 ? 3 : share < 0.01 ? 2 : share < 0.1 ? 1 : 0)}\u00a0%`;

/** One digit after the point for small numbers, none for others. */
export const rounded = (value: number): string => (value < 10 ? value.toFixed(1) : `${Math.round(value)}`);
