// Fine-tuning in a page: loads the model from beside the page, teaches it one sentence, and offers the adapter's weights.
// For more than a moment of computing use a worker, as apps/studio does.

import { createLoraConfig, writeAdapter } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { batches, openTokenizer, promptTemplate, type TokenBatch, tokenizeExamples } from "@lowrank/data";
import { chooseEngine } from "@lowrank/engine";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { batchTensors, fetchedFolder, generate, loadModel } from "@lowrank/models";
import { train } from "@lowrank/trainer";

const prompt = "name[Aromi] ->";
const lesson = { kind: "completion", prompt, completion: " Aromi is a riverside café." } as const;
const adapters = activeAdapters("default");

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const button = element<HTMLButtonElement>("teach");
const log = (line: string) => element("log").append(`\n${line}`);

const engine = await chooseEngine({
  order: ["webgpu", "wasm", "cpu"],
  wasmPath: new URL("wasm/", document.baseURI).href,
});
const folder = fetchedFolder(new URL("tiny-model/", document.baseURI).href);
const [model, tokenizer] = [await loadModel(folder), await openTokenizer(folder)];
log(`Ready on ${engine.name}.`);
button.disabled = false;

button.onclick = async () => {
  button.disabled = true;
  const plan = planInjection(model, createLoraConfig({ rank: 4, alpha: 8, targetModules: "all-linear" }));
  const adapter = injectAdapter(model, plan, { seed: 1 });
  const { examples } = tokenizeExamples([lesson], tokenizer, promptTemplate("plain"), { maxLength: 64 });
  for await (const event of train<TokenBatch>({
    variables: adapter.variables,
    batches: () => batches(examples, { batchSize: 1, padId: tokenizer.padId }),
    loss: (batch, random) => model.loss(batchTensors(batch), { training: true, adapters, random }),
    steps: 25,
    learningRate: 0.01,
    seed: 1,
  })) {
    if (event.type !== "step") continue;
    log(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
    await new Promise(requestAnimationFrame); // lets the page paint
  }
  const promptIds = [[...tokenizer.prefixIds, ...tokenizer.encode(prompt, { addSpecialTokens: false })]];
  const [ids = []] = await generate(model, { promptIds, maxNewTokens: 24, context: inferenceContext(adapters) });
  log(`${prompt}${tokenizer.decode(ids)}`);
  const files = writeAdapter(await adapter.toAdapter());
  const link = element<HTMLAnchorElement>("save");
  link.href = URL.createObjectURL(new Blob([files["adapter_model.safetensors"].slice()]));
  link.download = "adapter_model.safetensors";
  link.hidden = false;
};
