// The types of chromium.mjs, which plain Node runs, for tests in TypeScript.

export function findChromium(): string | undefined;
export const chromiumArguments: readonly string[];
