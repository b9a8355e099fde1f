import { packageBuild } from "../../tsup.base.ts";

const families = ["families", "families/checkpoint", "families/gguf", "families/rows"].map((name) => `src/${name}.ts`);
const tables = ["src/families/families.ts", "src/families/errors.ts", "src/families/rows/**/*.ts"];

// The table of all families, each row and what both need lie in files of their own: a bundler leaves out files of which nothing
// is used, and takes others whole.
export default packageBuild(["src/index.ts", ...families, ...tables]);
