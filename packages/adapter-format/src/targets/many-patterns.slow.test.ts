import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../config/create-lora-config.ts";
import { UnsupportedPatternError } from "../errors.ts";
import { parseLoraConfig } from "../formats/peft/parse-lora-config.ts";
import { matchesTarget } from "./matches-target.ts";
import { planMatches } from "./plan-matches.ts";
import { firstNamedIn, isExcludedAsSaved } from "./saved-modules.ts";
import { alphaOf, rankOf } from "./scaling.ts";
import { unsupportedPatterns } from "./unsupported-patterns.ts";

const experts = Array.from({ length: 70_000 }, (_, at) => `model.layers.${at % 60}.mlp.experts.${at}.down_proj`);
const modules = experts.slice(-500);
const names = Array.from({ length: 2000 }, (_, at) => `part_${at}`);

/** Milliseconds that this process has computed: its neighbours may keep it waiting. */
function workedFor(): number {
  return process.cpuUsage().user / 1000;
}

/** A configuration with one pattern, as a list with one expression. */
function ranked(pattern: string, rank = 2) {
  return createLoraConfig({ rankPattern: new Map([[pattern, rank]]) });
}

describe("a configuration with very many patterns", () => {
  it("is read and applied in less than two seconds: a rank for each of 70 000 experts", () => {
    const start = workedFor();
    const pattern = Object.fromEntries(experts.map((name, at) => [name, 1 + (at % 64)]));
    const text = JSON.stringify({ peft_type: "LORA", target_modules: ["down_proj"], rank_pattern: pattern });
    const config = parseLoraConfig(text);
    expect(unsupportedPatterns(config)).toEqual([]);
    expect(planMatches(config, modules).matched).toEqual(modules);
    expect(modules.map((path) => rankOf(config, path))).toEqual(modules.map((path) => pattern[path]));
    expect(workedFor() - start).toBeLessThan(2000);
  });

  it("compiles each regular expression once, however many come before it", () => {
    const start = workedFor();
    const rankPattern = new Map(names.slice(0, 1100).map((name, at) => [`${name}|${name}`, 1 + (at % 64)]));
    const config = createLoraConfig({ rankPattern });
    const ranks = Array.from({ length: 200 }, () => rankOf(config, "model.part_1099"));
    expect(new Set(ranks)).toEqual(new Set([1 + (1099 % 64)]));
    expect(workedFor() - start).toBeLessThan(2000);
  });

  it("compares thousands of saved modules, patterns of layers, targets and excludes at once", () => {
    const start = workedFor();
    const config = createLoraConfig({
      targetModules: [...names, "down_proj"],
      excludeModules: names,
      modulesToSave: names,
      layersPattern: [...names, "experts"],
      layersToTransform: [69_999],
    });
    expect(planMatches(config, modules).matched).toEqual(modules.slice(-1));
    expect(isExcludedAsSaved(config, "model.part_1999.inner")).toBe(true);
    expect(workedFor() - start).toBeLessThan(2000);
  });

  it("is refused by the expression from which on it is too much to run", () => {
    const rankPattern = new Map(names.map((name) => [`(?:model|decoder)\\.layers\\.\\d+\\.${name}$`, 2]));
    const [problem, ...others] = unsupportedPatterns(createLoraConfig({ rankPattern }));
    expect(problem).toBeInstanceOf(UnsupportedPatternError);
    expect(problem?.message).toMatch(/with the \d+ regular expressions before it, it exceeds the limit of work/);
    expect(others).toEqual([]);
    expect(() => rankOf(createLoraConfig({ rankPattern }), "elsewhere")).toThrow(UnsupportedPatternError);
  });

  it("is refused if the file has more than 100 000 of them", () => {
    const pattern = Object.fromEntries(Array.from({ length: 100_001 }, (_, at) => [`part_${at}`, 1]));
    const read = () => parseLoraConfig(JSON.stringify({ peft_type: "LORA", rank_pattern: pattern }));
    expect(read).toThrow(expect.objectContaining({ code: "INVALID_ADAPTER_CONFIG" }));
    expect(read).toThrow("an object of 100001");
  });

  it("uses the first pattern that matches, name or expression", () => {
    const entries: [string, number][] = [
      ["k_proj", 1],
      [".*[qk]_proj", 2],
      ["layers.0.q_proj", 3],
      ["q_proj|v_proj", 4],
      ["v_proj", 5],
    ];
    const config = createLoraConfig({ alpha: 9, alphaPattern: new Map(entries) });
    const paths = ["m.layers.0.q_proj", "m.layers.0.k_proj", "m.layers.0.v_proj", "m.layers.0.o_proj"];
    expect(paths.map((path) => alphaOf(config, path))).toEqual([2, 1, 4, 9]);
    const reversed = createLoraConfig({ alphaPattern: new Map([...entries].reverse()) });
    expect(paths.slice(0, 3).map((path) => alphaOf(reversed, path))).toEqual([4, 2, 5]);
  });

  it("finds the layer after the first matching pattern in the list, not in the path", () => {
    const config = createLoraConfig({
      targetModules: ["q"],
      layersPattern: ["block", "h.", "layer"],
      layersToTransform: [3],
    });
    const paths = ["m.layer.1.block.3.q", "layer.3.x.1.block.2.q", "block.3.block.1.q", "hx.3.q", "h.3.q", "layer.3.q"];
    expect(paths.filter((path) => matchesTarget(config, path))).toEqual([paths[0], paths[2], paths[3], paths[5]]);
  });
});

describe("a module's name instead of a regular expression", () => {
  const random = (() => {
    let state = 7;
    return (choices: readonly string[]): string => {
      state = (state * 48_271) % 2_147_483_647;
      return choices[state % choices.length] ?? "";
    };
  })();
  const text = (choices: readonly string[], length: number): string =>
    Array.from({ length }, () => random(choices)).join("");
  const cases = Array.from({ length: 3000 }, (_, at) => ({
    name: random(["", "", "^"]) + text(["a", "b", ".", "\\.", "-", "\\-"], 1 + (at % 4)),
    path: text(["a", "b", ".", ".", "-", "\n", "😀", "\ud83d"], at % 7),
  }));

  it("matches like RE2: the end of a path in rank_pattern", () => {
    const expected = cases.map(({ name, path }) => RE2JS.compile(`(?:.*\\.)?(?:${name})$`).matches(path));
    expect(cases.map(({ name, path }) => rankOf(ranked(name), path) === 2)).toEqual(expected);
    expect(expected.filter(Boolean).length).toBeGreaterThan(50);
  });

  it("matches like RE2: a path or its parent, in modules_to_save", () => {
    const found = ({ name, path }: (typeof cases)[number]) =>
      RE2JS.compile(`(^|.*\\.)${name}($|\\..*)`).matcher(path).lookingAt();
    const expected = cases.map((one) => (found(one) ? 0 : null));
    expect(cases.map(({ name, path }) => firstNamedIn([name], path))).toEqual(expected);
    expect(expected.filter((index) => index === 0).length).toBeGreaterThan(50);
  });

  it("matches like RE2: the part before a layer's number in layers_pattern", () => {
    const layered = cases.map(({ name, path }, at) => ({
      name,
      path: `${path}.${at % 3}.${text(["a", "b", "1", "."], 3)}.`,
    }));
    const found = ({ name, path }: (typeof cases)[number]) => {
      const matcher = RE2JS.compile(`(?:^|.*?\\.)${name}\\.(?P<layer>\\d+)\\.`).matcher(path);
      return matcher.lookingAt() && matcher.group("layer") === "1";
    };
    const fields = { ...createLoraConfig({ layersToTransform: [1] }), targetModules: ["q"] };
    const expected = layered.map((one) => found({ ...one, path: `${one.path}q` }));
    const got = layered.map(({ name, path }) => matchesTarget({ ...fields, layersPattern: [name] }, `${path}q`));
    expect(got).toEqual(expected);
    expect(expected.filter(Boolean).length).toBeGreaterThan(20);
  });
});
