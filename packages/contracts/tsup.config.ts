import { packageBuild } from "../../tsup.base.ts";

export default {
  ...packageBuild(["src/index.ts"]),
  // The types' first line imports TensorFlow.js's. For who has not installed it – it is an optional peer – the names in
  // it become `any`; without this line, tsc would refuse even a package that has no tensors.
  dts: { banner: "// @ts-ignore: an optional peer" },
};
