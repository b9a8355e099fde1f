// adapter_config.json: a configuration that is accepted must survive being written and read again, and be usable.

import { parseLoraConfig, planMatches, scalingOf } from "@lowrank/adapter-format";
import { rankOf, serializeLoraConfig } from "@lowrank/adapter-format/internal";
import { jsonInput } from "../inputs/mutate-json.ts";
import { fixturesWith, jsonSeeds } from "../inputs/seeds.ts";
import { demand, type Target } from "../target.ts";
import { messageFault } from "../watch/judge.ts";

const seeds = jsonSeeds(fixturesWith("fixtures/peft", "adapter/adapter_config.json"));
const projections = ["self_attn.q_proj", "self_attn.v_proj", "mlp.up_proj", "mlp.down_proj"];
const modules = [0, 1, 11].flatMap((layer) => projections.map((name) => `model.layers.${layer}.${name}`));

export const adapterConfig: Target = {
  generate: (random) => jsonInput(seeds, random),

  check(input) {
    const config = parseLoraConfig(new TextDecoder().decode(input), {
      onWarning: ({ message }) => demandSafe(message),
    });
    const written = serializeLoraConfig(config);
    demand(serializeLoraConfig(parseLoraConfig(written)) === written, "writing and reading changed the configuration");
    const facts = { modelType: "llama", linearPaths: modules, outputHeadPaths: ["lm_head"] };
    const plan = planMatches(config, [...modules, "lm_head"], facts);
    for (const { message } of plan.warnings) demandSafe(message);
    for (const path of plan.matched) {
      const rank = rankOf(config, path);
      demand(Number.isInteger(rank) && rank > 0 && rank <= 4096, `${path} got the rank ${rank}`);
      demand(Number.isFinite(scalingOf(config, path)), `${path} got a scaling that is not finite`);
    }
  },
};

function demandSafe(message: string): void {
  const fault = messageFault(message);
  demand(fault === undefined, `a warning is ${fault}: ${message.slice(0, 100)}`);
}
