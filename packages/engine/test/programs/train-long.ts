// node train-long.ts ENGINE STEPS: trains a small model and prints, as JSON, what was held after a fifth of the steps and
// after all of them.

import { parseEngineName } from "../../src/choose/plan-engines.ts";
import { useEngine } from "../test-engines.ts";
import { watchHolding } from "./holding.ts";
import { smallModel } from "./small-model.ts";

const [engine = "", steps = ""] = process.argv.slice(2);
await useEngine(parseEngineName(engine, "the command line"));
const model = smallModel();
const watch = watchHolding(Number(steps));
for (let step = 1; step <= Number(steps); step++) {
  const loss = model.train(step);
  if (!Number.isFinite(loss)) throw new Error(`The loss of step ${step} is ${loss}.`);
  watch.afterStep(step);
}
model.dispose();
process.stdout.write(JSON.stringify(watch.held));
