import { describe, expect, it } from "vitest";
import { forcedToken } from "./choose-token.ts";

// The tokens of transformers 5.24.0's generate after BART's start token with these settings.
const forced = { first: 7, last: [31, 9] };
const written = (maxNewTokens: number) =>
  Array.from({ length: maxNewTokens }, (_, step) => forcedToken(forced, { prompt: 0, step, maxNewTokens, read: 1 }));

describe("forcedToken", () => {
  it("puts the first token first and the lowest of the last ones last, which goes before", () => {
    expect(written(5)).toEqual([7, undefined, undefined, undefined, 9]);
    expect(written(1)).toEqual([9]);
  });

  it("forces no first token after a text of several", () => {
    expect(forcedToken(forced, { prompt: 0, step: 0, maxNewTokens: 5, read: 2 })).toBeUndefined();
  });

  it("draws each of several last tokens, and no others", () => {
    const draw = (seed: number) => forcedToken(forced, { prompt: 0, step: 4, maxNewTokens: 5, read: 1 }, { seed });
    expect(new Set(Array.from({ length: 20 }, (_, seed) => draw(seed)))).toEqual(new Set([9, 31]));
  });
});
