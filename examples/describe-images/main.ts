// Teaches a language model that reads images (SmolVLM) to describe them. Without arguments it learns on a small model with random
// weights, and everything of it is adapted; with the folder of a trained model the language model alone, as is usual.
// main.ts [MODEL-FOLDER [OUT]]

import { type OpenedModel, openModel } from "lowrank";
import { type DrawnShape, drawShapes } from "./draw-shapes.ts";

const root = new URL("../../", import.meta.url).pathname;
const [folder, out = `${root}runs/described`] = process.argv.slice(2);

const question = ({ image }: DrawnShape) => {
  return { role: "user", content: [{ type: "image", image } as const, { type: "text", text: "What is it?" } as const] };
};

/** Which share of the images the model describes exactly as they were drawn. */
async function described(model: OpenedModel, shapes: readonly DrawnShape[]): Promise<string> {
  const prompts = shapes.map((shape) => ({ messages: [question(shape)] }));
  const texts = await model.generate(prompts, { maxNewTokens: 24 });
  const right = shapes.filter(({ words }, index) => texts[index]?.trim() === words).length;
  return `${((100 * right) / shapes.length).toFixed(0)} %`;
}

const unseen = drawShapes(48, 2);
const rows = drawShapes(240, 1).map((shape) => {
  return { messages: [question(shape), { role: "assistant", content: shape.words }] };
});
const model = await openModel(folder ?? `${root}fixtures/vision-language/base`);
const before = await described(model, unseen);
const isRandom = folder === undefined;
const adapter = model.adapt(isRandom ? { rank: 16, targetModules: "all-linear" } : {}, { seed: 1 });
const options = { steps: 250, batchSize: 8, learningRate: isRandom ? 0.006 : 0.0002, validationShare: 0 };
for await (const event of adapter.train(rows, options)) {
  if (event.type === "step" && event.step % 25 === 0) console.log(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
}
console.log(`described before: ${before}, after: ${await described(model, unseen)} of ${unseen.length} images`);
await adapter.save(out, { overwrite: true });
console.log(`adapter: ${out}`);
model.dispose();
