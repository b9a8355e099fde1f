import { packageBuild } from "../../tsup.base.ts";

const families = ["families", "families/checkpoint", "families/gguf", "families/rows"].map((name) => `src/${name}.ts`);
const entries = ["src/index.ts", ...families];
const tables = ["src/families/families.ts", "src/families/errors.ts", "src/families/rows/**/*.ts"];

// The table of all families, each row and what both need lie in files of their own: a bundler leaves out files of which nothing
// is used, and takes others whole.
export default {
  ...packageBuild([...entries, ...tables]),
  // The types' first line imports TensorFlow.js's. For who has not installed it – it is an optional peer – the names in
  // it become `any`; without this line, tsc would refuse even a package that has no tensors.
  dts: { entry: entries, banner: "// @ts-ignore: an optional peer" },
};
