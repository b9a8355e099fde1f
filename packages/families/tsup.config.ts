import { packageBuild } from "../../tsup.base.ts";

const entries = ["src/index.ts", "src/checkpoint.ts", "src/gguf.ts", "src/rows.ts"];

// The table of all families, each row and what both need lie in files of their own: a bundler leaves out files of which nothing
// is used, and takes others whole.
export default packageBuild([...entries, "src/families.ts", "src/errors.ts", "src/rows/**/*.ts"]);
