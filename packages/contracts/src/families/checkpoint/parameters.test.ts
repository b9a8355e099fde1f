// Against transformers itself: fixtures/make_parameters.py lists every parameter of a small model of each class.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { checkConfig } from "../config/check-config.ts";
import { families, supportedModelTypes } from "../families.ts";
import { defaultTargetsOf } from "../lookup/default-targets.ts";
import { architectureOf, resolveTask } from "../resolve-task.ts";
import { matchCheckpoint } from "./match-checkpoint.ts";
import { modulesOf } from "./modules.ts";
import { parametersOf } from "./parameters.ts";

interface Golden {
  readonly models: readonly {
    readonly architecture: string;
    readonly config: Readonly<Record<string, unknown>>;
    readonly parameters: Readonly<Record<string, readonly number[]>>;
    readonly linears: readonly string[];
  }[];
  readonly defaultTargets: Readonly<Record<string, string | readonly string[]>>;
}

type Model = Golden["models"][number];

/**
 * What a model computes with: with an untied head, the older bias of BERT and RoBERTa is declared but never added; DINOv2 has a
 * state for hidden patches.
 */
function usedParameters({ parameters }: Model): Readonly<Record<string, readonly number[]>> {
  const unused = [
    ["cls.predictions.decoder.bias", "cls.predictions.bias"],
    ["lm_head.decoder.bias", "lm_head.bias"],
    ["predictions.decoder.bias", "predictions.bias"],
  ].flatMap(([own = "", older]) => (own in parameters ? [older] : []));
  const isUsed = (path: string) => !unused.includes(path) && !path.endsWith("embeddings.mask_token");
  return Object.fromEntries(Object.entries(parameters).filter(([path]) => isUsed(path)));
}

const packed = readFileSync(new URL("../../../fixtures/parameters.json.gz", import.meta.url));
const golden: Golden = JSON.parse(gunzipSync(packed).toString());
const models = golden.models.map((model) => {
  const tied = model.config.tie_word_embeddings === true ? "tied" : "not tied";
  return [`${model.architecture}, ${tied}, ${Object.keys(model.parameters).length} parameters`, model] as const;
});

describe("a family's table against transformers", () => {
  it.each(models)("%s: the same parameters with the same shapes", (_, model) => {
    const config = checkConfig(model.config);
    const own = parametersOf(config, resolveTask(config)).filter(
      ({ tiedWith, isBuffer }) => tiedWith === null && !isBuffer,
    );
    expect(Object.fromEntries(own.map(({ path, shape }) => [path, shape]))).toEqual(usedParameters(model));
  });

  it.each(models)("%s: the same linear modules", (_, model) => {
    const config = checkConfig(model.config);
    const linears = modulesOf(config, resolveTask(config)).filter(({ type }) => type === "linear");
    expect(linears.map(({ path }) => path).sort()).toEqual(model.linears);
  });

  it.each(models)("%s: its own file matches without a remainder", (_, model) => {
    const config = checkConfig(model.config);
    const task = resolveTask(config);
    const match = matchCheckpoint(config, task, Object.keys(usedParameters(model)));
    expect(match.fileKeys.size).toBe(Object.keys(usedParameters(model)).length);
    expect([match.missing, match.toMakeNew, match.unused, match.unexpected]).toEqual([[], [], [], []]);
    expect(architectureOf(config.modelType, task)).toBe(model.architecture);
  });

  it.each(models)("%s: every setting that transformers writes by default is known", (_, model) => {
    const warnings: string[] = [];
    checkConfig(model.config, ({ message }) => warnings.push(message));
    expect(warnings).toEqual([]);
  });

  it("every class of every family was compared", () => {
    // EXAONE's first files name classes of code that came with them; transformers computes them as LLaMA.
    const isRemote = (name: string) => name.startsWith("ExaoneFor") || name === "ExaoneModel";
    const classes = families.flatMap(({ architectures }) =>
      [...architectures.keys()].filter((name) => !isRemote(name)),
    );
    expect(new Set(golden.models.map(({ architecture }) => architecture))).toEqual(new Set(classes));
  });
});

it("every model type has linear layers in addition to its head, for an adapter that names no targets", () => {
  const types = golden.models.flatMap(({ config: json }) => {
    const config = checkConfig(json);
    const layers = modulesOf(config, resolveTask(config)).flatMap((module) =>
      module.type === "linear" ? [module.row] : [],
    );
    return layers.some(({ role }) => role !== "output-head") ? [config.modelType] : [];
  });
  expect(new Set(types)).toEqual(new Set(supportedModelTypes));
});

describe("default targets", () => {
  it("are PEFT's for every model type that PEFT knows", () => {
    for (const [modelType, targets] of Object.entries(golden.defaultTargets))
      expect([modelType, defaultTargetsOf(modelType)]).toEqual([modelType, targets]);
  });

  it("are null for other model types", () => {
    expect(defaultTargetsOf("mamba")).toBeNull();
    expect(defaultTargetsOf("constructor")).toBeNull();
  });
});
