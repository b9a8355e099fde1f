import { expect, it } from "vitest";
import { estimateRun } from "./measure-steps.ts";

const steps = [2, 1, 1.1].map((seconds, index) => ({ seconds, tokens: index === 0 ? 200 : 100 }));
const run = { steps, tokensPerEpoch: 1500, stepsPerEpoch: 10, totalSteps: 20 };

it("the time of a run is that of its tokens in the measured steps, plus its validations", () => {
  const validations = [{ seconds: 0.5, tokens: 50 }];
  const whole = estimateRun({ ...run, validations, validationTokens: 300, totalValidations: 3 });
  expect(whole).toEqual({ secondsPerStep: 1.5, secondsPerValidation: 3, seconds: 39, uncertainty: 0.1 });
});

it("rows without tokens take as long as the measured ones, and steps that differ make it less sure", () => {
  const pictures = [1, 2, 3].map((seconds) => ({ seconds, tokens: 4 }));
  const none = { validations: [], validationTokens: 0, totalValidations: 0 };
  const whole = estimateRun({ ...run, ...none, steps: pictures, tokensPerEpoch: 0 });
  expect(whole).toEqual({ secondsPerStep: 2, secondsPerValidation: 0, seconds: 40, uncertainty: 0.5 });
});
