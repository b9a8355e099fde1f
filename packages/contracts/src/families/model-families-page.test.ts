// docs/model-families.md, made from the tables themselves: a change of a row that the page does not show fails here.
// `npx vitest run packages/contracts/src/families/model-families-page.test.ts -u` writes it anew.

import { expect, it } from "vitest";
import { mathsKeys } from "./config/common-keys.ts";
import type { ConfigTable, FixedKey, RotatingLayers } from "./config-table.ts";
import { families } from "./families.ts";
import type { Family } from "./family.ts";

it("docs/model-families.md shows every family, its heads and its keys", async () => {
  await expect(page()).toMatchFileSnapshot("../../../../docs/model-families.md");
});

function page(): string {
  const sorted = [...families].sort((one, other) => (one.modelType < other.modelType ? -1 : 1));
  return [
    "# Model families",
    "",
    "<!-- Made from the tables in packages/contracts/src/families by model-families-page.test.ts there, which says how. -->",
    "",
    "The supported `model_type`s, their heads, and the keys of `config.json`. Every row is tested against transformers, by `npm run",
    "parity` or by the package's fixtures. A model of another `model_type` is refused, with its nearest relative, if it has one, and",
    "this list.",
    "",
    "## Heads",
    "",
    "Classes of transformers, as in the key `architectures`.",
    "",
    "| `model_type` | classes |",
    "| --- | --- |",
    ...sorted.map(({ modelType, architectures }) => `| \`${modelType}\` | ${[...architectures.keys()].join(", ")} |`),
    "",
    "## Keys that are read",
    "",
    "| `model_type` | keys |",
    "| --- | --- |",
    ...sorted.map(({ modelType, config }) => `| \`${modelType}\` | ${keysOf(config).map(code).join(" ")} |`),
    "",
    "Families with rotary positions also read `rope_parameters`, `rope_theta` and `rope_scaling`. All families read `num_labels`,",
    "`id2label`, `label2id`, `problem_type`, `tie_word_embeddings` and the ids of special tokens.",
    "",
    "Rotary positions differ from transformers 5.24 in two places:",
    "",
    "- Every family reads `rope_scaling.type`, the old name of `rope_type`, as transformers 4 does. In families with two rotary bases",
    "  (`gemma3_text`, `olmo3`), transformers 5 ignores it and does not scale positions at all.",
    "- `nomic_bert` uses `rotary_emb_base` if there is no `rope_theta`, as Nomic's own program does.",
    "",
    "As in transformers 5, YaRN's `truncate` has no effect in families with two rotary bases. `dynamic` is computed up to",
    "`max_position_embeddings`; longer texts are refused.",
    "",
    "## Keys with some supported values",
    "",
    "Any other value would change the result and is an error that names the key. A missing key is always fine. One warning lists",
    "the keys that are in no table and not known to be harmless.",
    "",
    "| key | supported values | effect of others | families |",
    "| --- | --- | --- | --- |",
    ...mathsKeys.map((row) => fixedRow(row, "all that do not read the key")),
    ...sorted.flatMap(({ modelType, config }: Family) =>
      (config.fixed ?? []).map((row) => fixedRow(row, code(modelType))),
    ),
    "",
    "## Not supported: some layers without attention",
    "",
    "Supported are Qwen 3.5's linear attention (gated delta nets, Yang et al. 2024), which is computed in chunks, and LFM2's short",
    "convolutions. Support for their relatives would need:",
    "",
    "- **Qwen 3.5's mixtures of experts, Qwen3-Next**: the same nets followed by a mixture and a shared expert, which are supported for",
    "  Qwen 2 MoE. Each needs one file of tables. Qwen3-Next stores the nets' five matrices as two, sorted by key head, and adapters use these names.",
    "- **LFM2 MoE**: a router that selects by sigmoids and has a bias without a gradient. LFM2 and the experts are supported.",
    "- **Mamba, Mamba 2 and relatives** (Falcon H1, Jamba, Granite 4): their scan. Of its parts, only the convolution is supported.",
    "",
  ].join("\n");
}

function keysOf(config: ConfigTable): readonly string[] {
  const { sizes, stages, activation, normEpsilon, dropouts, switches = {}, scalars = {}, window, rotary } = config;
  const turns =
    typeof rotary === "object"
      ? [
          ...(rotary.thetaKeys ?? []),
          rotary.share?.key,
          rotary.features?.key,
          rotary.local?.key,
          ...layerKeys(rotary.layers),
        ]
      : [];
  const windows = window === undefined ? [] : [window.size.key, window.enabledBy, ...windowKeys(window.layers)];
  const keys = [
    ...Object.values(sizes).flatMap((row) => ("keys" in row ? row.keys : [])),
    ...(stages === undefined ? [] : [...stages.layers.keys, ...stages.heads.keys]),
    activation.key,
    activation.otherKey,
    normEpsilon.key,
    normEpsilon.otherKey,
    ...Object.values(dropouts).flatMap(({ keys }) => keys),
    ...Object.values(switches).map(({ key }) => key),
    ...Object.values(scalars).map(({ key }) => key),
    ...windows,
    ...turns,
  ];
  return [...new Set(keys.filter((key) => key !== undefined))];
}

function layerKeys(layers: RotatingLayers | undefined): readonly string[] {
  return typeof layers === "object" ? [layers.list, layers.exceptEvery] : [];
}

function windowKeys(layers: NonNullable<ConfigTable["window"]>["layers"]): readonly string[] {
  if (typeof layers === "string") return ["layer_types"];
  const { alternatingBelow, from, types, exceptEvery } = {
    ...{ alternatingBelow: undefined, from: undefined, types: undefined, exceptEvery: undefined },
    ...layers,
  };
  const keys = [alternatingBelow, from, types, exceptEvery];
  return ["layer_types", ...keys.filter((key) => key !== undefined && key !== null)];
}

function fixedRow({ key, values, effect, task }: FixedKey, where: string): string {
  const computed = values.map((value) => code(JSON.stringify(value))).join(" ") || "none";
  return `| ${code(key)} | ${computed} | ${effect} | ${where}${task === undefined ? "" : `, ${task}`} |`;
}

function code(text: string): string {
  return `\`${text}\``;
}
