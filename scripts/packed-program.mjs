// What a person writes first, in plain JavaScript. check-packages.mjs runs it where the tarballs are installed.

import { readFileSync } from "node:fs";
import { openModel } from "lowrank";

const base = "node_modules/@lowrank/tiny-model/model";
const model = await openModel(base);
const adapter = model.adapt({ rank: 8, targetModules: "all-linear" });
const rows = [{ prompt: "name[Aromi] ->", completion: " Aromi is a riverside café." }];
for await (const event of adapter.train(rows, { steps: 3 })) if (event.type === "step") console.log(event.loss);
console.log(await model.generate("name[Aromi] ->", { maxNewTokens: 4 }));
await adapter.save("my-adapter");
await model.merge(adapter).save("my-model");
await model.attach("my-adapter");
model.dispose();

const { task_type, base_model_name_or_path } = JSON.parse(readFileSync("my-adapter/adapter_config.json", "utf8"));
if (task_type !== "CAUSAL_LM" || base_model_name_or_path !== "./model")
  throw new Error("the adapter does not say what it is for");
const merged = await openModel("my-model");
try {
  merged.adapt({ r: 4, lora_alpha: 64 });
  throw new Error("options that there are not were let through");
} catch (error) {
  if (!/"r" → "rank"[\s\S]*"lora_alpha" → "alpha"/.test(error.message)) throw error;
}
merged.dispose();
