import { programBuild } from "../../tsup.base.ts";

// After the library, which empties the folder first.
export default { ...programBuild(["src/lowrank.ts"]), clean: false };
