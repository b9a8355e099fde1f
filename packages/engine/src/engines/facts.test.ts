import { describe, expect, it } from "vitest";
import { backends } from "./backends.ts";
import { engineFacts, engineNames } from "./facts.ts";

describe.each(engineNames)("the row of %s", (name) => {
  const { backend, slowerThan, equalsPrevious, triedIn } = engineFacts[name];

  it("runs on a backend whose facts are known", () => {
    expect(Object.keys(backends)).toContain(backend);
  });

  it("names engines that are faster for some work", () => {
    expect(engineNames).toEqual(expect.arrayContaining([...(slowerThan ?? [])]));
  });

  it("equals one that is tried on the same platform", () => {
    const previous = engineNames[engineNames.indexOf(name) - 1];
    if (equalsPrevious) expect(previous && engineFacts[previous].triedIn).toEqual(triedIn);
  });
});
