// Writes a .gguf file's model as a Hugging Face folder, so that a peer can start from the same weights.

import { openModel } from "lowrank";

const [gguf = "", folder = ""] = process.argv.slice(2);
const model = await openModel(gguf);
// A new adapter changes nothing, bit for bit.
await model.merge(model.adapt({ rank: 1 })).save(folder);
model.dispose();
