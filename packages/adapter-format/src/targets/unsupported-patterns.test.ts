import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../config/create-lora-config.ts";
import { unsupportedPatterns } from "./unsupported-patterns.ts";

describe("unsupportedPatterns", () => {
  it("names every pattern that cannot be used, by its key", () => {
    const config = createLoraConfig({
      targetModules: "(?!a).*",
      excludeModules: "(a)\\1",
      modulesToSave: ["head(", "norm"],
      rankPattern: new Map([["[[:alpha:]]", 2]]),
      alphaPattern: new Map([["q{,2}", 2]]),
    });
    expect(unsupportedPatterns(config).map(({ key, pattern }) => `${key} ${pattern}`)).toEqual([
      "target_modules (?!a).*",
      "exclude_modules (a)\\1",
      "modules_to_save head(",
      "rank_pattern [[:alpha:]]",
      "alpha_pattern q{,2}",
    ]);
  });

  it("treats names in lists as plain text", () => {
    expect(unsupportedPatterns(createLoraConfig({ targetModules: ["q("], excludeModules: ["v["] }))).toEqual([]);
  });
});
