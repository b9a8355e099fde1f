// Fine-tuning in a page: loads the model from beside the page, teaches it one sentence, and offers the adapter's weights.
// For more than a moment of computing use a worker, as apps/studio does.

import { openModel } from "lowrank/browser";

const prompt = "name[Aromi] ->";
const rows = [{ prompt, completion: " Aromi is a riverside café." }];

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const button = element<HTMLButtonElement>("teach");
const log = (line: string) => element("log").append(`\n${line}`);

const model = await openModel("tiny-model/", {
  engine: { order: ["webgpu", "wasm", "cpu"] },
  onWarning: ({ message }) => log(message),
});
log("Ready.");
button.disabled = false;

button.onclick = async () => {
  button.disabled = true;
  const adapter = model.adapt({ rank: 4, alpha: 8, targetModules: "all-linear" }, { seed: 1 });
  for await (const event of adapter.train(rows, { steps: 25, learningRate: 0.01 })) {
    if (event.type !== "step") continue;
    log(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
    await new Promise(requestAnimationFrame); // lets the page paint
  }
  log(`${prompt}${await model.generate(prompt, { maxNewTokens: 24 })}`);

  // adapter.save() takes a folder of showDirectoryPicker(), where the browser has it.
  const weights = (await adapter.files()).get("adapter_model.safetensors") as Uint8Array<ArrayBuffer>;
  const link = element<HTMLAnchorElement>("save");
  link.href = URL.createObjectURL(new Blob([weights]));
  link.download = "adapter_model.safetensors";
  link.hidden = false;
};
