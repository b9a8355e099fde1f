import { programBuild } from "../../tsup.base.ts";

export default programBuild(["src/lowrank.ts"]);
