import { packageBuild } from "../../tsup.base.ts";

const families = ["families", "families/internal", "families/checkpoint", "families/gguf", "families/rows"].map(
  (name) => `src/${name}.ts`,
);
const tables = ["src/families/families.ts", "src/families/errors.ts", "src/families/rows/**/*.ts", "!src/**/*.test.ts"];

// The table of all families, each row and their shared parts are separate files, because a bundler leaves out unused files, but
// includes a used file completely.
export default packageBuild(["src/index.ts", "src/internal.ts", ...families, ...tables]);
