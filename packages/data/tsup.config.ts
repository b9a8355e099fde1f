import { packageBuild } from "../../tsup.base.ts";

/** Started by their files: threads, and the decoders in them. */
const threads = ["src/guarded/decoder-thread.ts", "src/parquet/parquet-decoder.ts"];

export default packageBuild([
  "src/index.ts",
  "src/internal.ts",
  "src/node.ts",
  "src/internal/node.ts",
  "src/parquet.ts",
  ...threads,
]);
