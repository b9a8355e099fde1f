// lowrank as a library for Node. For web pages: "lowrank/browser".

import { checkArgument } from "./check-argument.ts";
import { findBase } from "./node/base-of.ts";
import { nodePlatform } from "./node/node-platform.ts";
import { noticesOf } from "./notices.ts";
import { openModelOn } from "./open-on.ts";
import type { OpenedModel } from "./opened-model.ts";
import type { OpenModelOptions } from "./options.ts";
import type { ModelInput } from "./platform.ts";

/**
 * Opens a pretrained model: a Hugging Face folder, a .gguf file, a name on the Hugging Face Hub, a `ModelFolder`, or `File`s.
 * Files from the Hub are stored in the same cache that Python uses. The caller disposes of the model.
 *
 * @throws PathNotFoundError, HubError, ADAPTER_AS_MODEL; CLASSIFIER_MISSING, HEAD_INCOMPLETE, ADAPTER_TASK; and
 * what `loadModel` of @lowrank/models and `chooseEngine` of @lowrank/engine throw.
 *
 * @example
 * ```ts
 * import { openModel } from "lowrank";
 *
 * const model = await openModel("node_modules/@lowrank/tiny-model/model");
 * const adapter = model.adapt({ rank: 4, targetModules: "all-linear" });
 * const rows = [{ prompt: "name[Aromi] ->", completion: " Aromi is a riverside café." }];
 * for await (const event of adapter.train(rows, { steps: 2 })) if (event.type === "step") console.log(event.loss);
 * console.log(await model.generate("name[Aromi] ->", { maxNewTokens: 8 }));
 * model.dispose();
 * ```
 */
export function openModel(source: ModelInput, options: OpenModelOptions = {}): Promise<OpenedModel> {
  return openModelOn(nodePlatform, source, options);
}

/**
 * The base model of an adapter, as input for `openModel`: the path saved in the adapter's folder if it still exists, else
 * the name in PEFT's configuration. Only the adapter is downloaded.
 *
 * @throws BaseNotFoundError, PathNotFoundError, HubError; and what `readAdapterFolder` of @lowrank/adapter-format throws
 *
 * @example
 * ```ts
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { baseOf, openModel } from "lowrank";
 *
 * const model = await openModel("node_modules/@lowrank/tiny-model/model");
 * const adapter = join(tmpdir(), `adapter-${process.pid}`);
 * await model.adapt({ rank: 1, targetModules: "all-linear" }).save(adapter);
 * model.dispose();
 * const again = await openModel(await baseOf(adapter), { adapter });
 * console.log(await again.generate("name[Aromi] ->", { maxNewTokens: 4 }));
 * again.dispose();
 * ```
 */
export async function baseOf(
  adapter: ModelInput,
  options: Pick<OpenModelOptions, "fetch" | "accessToken" | "onWarning" | "onNote"> = {},
): Promise<string> {
  checkArgument("baseOf", "adapter", adapter);
  const { fetch, accessToken } = options;
  return findBase(adapter, { notices: noticesOf(options), fetch, accessToken });
}

export * from "./everywhere.ts";
export { inspect } from "./node/inspect.ts";
export type { LocalFile, PushPlan } from "./node/push/plan-push.ts";
export { type Pushed, type PushOptions, pushToHub } from "./node/push/push-to-hub.ts";
export type { Recipe } from "./recipe/recipe.ts";
export { type TrainRecipeOptions, trainRecipe } from "./recipe/run/train-recipe.ts";
export { type Difference, differencePage } from "./report/difference-page.ts";
export { type HeatCell, type HeatMap, heatMap } from "./report/heat-map.ts";
export { namedReward, type RewardHost } from "./rewards/named-reward.ts";
