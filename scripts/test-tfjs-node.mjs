// npm run test:tfjs-node: the engine's tests – operations against their twins, gradients against finite differences,
// random numbers, frozen weights – and every kind of layer and node of guests, computed by TensorFlow's own library. The last line
// is "N passed, N failed".
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { runCounted } from "./run-counted.mjs";

const cache = process.env.LOWRANK_CACHE ?? join(homedir(), ".cache", "lowrank");
const folder = process.env.LOWRANK_TFJS_NODE ?? join(cache, "tfjs-node");
if (!existsSync(join(folder, "node_modules", "@tensorflow", "tfjs-node"))) {
  console.error(`There is no tfjs-node in ${folder}. Set it up with: scripts/setup-tfjs-node.sh ${folder}`);
  process.exit(1);
}

/** All of the engine's but what is about another engine, which npm test has: --exclude does not reach vitest's projects. */
const rooms = [...readdirSync("packages/engine/src").filter((name) => name !== "engines"), "engines/tfjs-node"];

runCounted(
  [
    ...rooms.map((room) => `packages/engine/src/${room}`),
    "packages/math/src/adaptations/dora-adaptation.property.test.ts",
    ...["layers/every-layer", "layers/convolution.property", "layers/keras", "graph/operations.property"].map(
      (file) => `packages/hosts/src/${file}.test.ts`,
    ),
  ],
  { LOWRANK_TEST_ENGINES: "tfjs-node", LOWRANK_TFJS_NODE: folder },
);
