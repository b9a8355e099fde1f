import { packageBuild } from "../../tsup.base.ts";

export default packageBuild([
  "src/index.ts",
  "src/internal.ts",
  "src/gguf.ts",
  "src/node.ts",
  "src/onnx.ts",
  "src/onnx/node.ts",
]);
