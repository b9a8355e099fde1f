// Starts that take a pair out of a weight which two modules share. peft 0.21.2 changes the one tensor behind both, so that the
// embedding computes with less than it had, too; a start made here leaves it alone. Such a file cannot be computed as it was
// trained, and must not be computed otherwise in silence.

import { type Adapter, startOf } from "@lowrank/adapter-format";
import type { AdaptableModel } from "@lowrank/contracts";
import type { AdapterProblem } from "../errors/mismatch-errors.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { partsOf } from "../planned/planned-parts.ts";

/** Planned pairs whose start PEFT took out of a shared weight. */
export function findSharedStarts(
  plan: InjectionPlan,
  model: AdaptableModel,
  { config }: Pick<Adapter, "config">,
): readonly AdapterProblem[] {
  if (startOf(config).base !== "computed again") return [];
  const sharers = new Map(
    model
      .sites()
      .flatMap(({ path, tiedWith }) =>
        tiedWith === undefined ? [] : [[path, tiedWith] as const, [tiedWith, path] as const],
      ),
  );
  return partsOf(plan, "site").flatMap(({ path, kind }): AdapterProblem[] => {
    const other = sharers.get(path);
    if (other === undefined || kind !== "linear") return [];
    const reason =
      `PEFT takes "${config.init}" out of the weight, which "${other}" shares and then computes with as well; here each keeps ` +
      "its own. Save it as plain LoRA in PEFT (save_pretrained with path_initial_model_for_weight_conversion), or adapt " +
      "other modules";
    return [{ kind: "unsupported", key: `${path}.lora_A.weight`, reason }];
  });
}
