// Adafactor (Shazeer & Stern 2018) with an external learning rate. For a matrix it stores only the row and column means of squared
// gradients. Full training of a table of 50 000 tokens then needs little more than its gradient; AdamW needs two arrays of its size.

import { type OptimizerRule, type RuleArrays, type RuleRates, sizeOf } from "./rule.ts";

const smallestSquare = 1e-30;
const decayPower = -0.8;
/** Updates with a larger root mean square are scaled down to it. */
const largestUpdate = 1;

export const adafactor: OptimizerRule = {
  name: "adafactor",
  source:
    "Shazeer & Stern 2018; transformers' Adafactor as its Trainer sets it (no relative steps, no scaling by size)",
  betas: [0, 0],
  isElementwise: false,
  means(shape) {
    if (shape.length < 2) return [["second", sizeOf(shape)]];
    const { stacks, rows, columns } = matricesOf(shape);
    return [
      ["rows", stacks * rows],
      ["columns", stacks * columns],
    ];
  },
  update(arrays, rates) {
    const { values, gradients } = arrays;
    const { learningRate, weightDecay, gradientFactor, updates } = rates;
    const decay = 1 - updates ** decayPower;
    const factorOf = arrays.shape.length < 2 ? ofEach(arrays, rates, decay) : ofRowsAndColumns(arrays, rates, decay);
    let squares = 0;
    for (let i = 0; i < values.length; i += 1)
      squares += ((gradients[i] as number) * gradientFactor * factorOf(i)) ** 2;
    const rate = learningRate / Math.max(1, Math.sqrt(squares / values.length) / largestUpdate);
    for (let i = 0; i < values.length; i += 1) {
      const update = rate * (gradients[i] as number) * gradientFactor * factorOf(i);
      values[i] = (values[i] as number) * (1 - learningRate * weightDecay) - update;
    }
  },
};

/** Maps the index of a number to the factor of its gradient. */
type FactorOf = (range: number) => number;

const none = new Float32Array();

function ofEach({ gradients, means: { second = none } }: RuleArrays, rates: RuleRates, decay: number): FactorOf {
  for (let i = 0; i < gradients.length; i += 1) {
    const square = ((gradients[i] as number) * rates.gradientFactor) ** 2 + smallestSquare;
    second[i] = decay * (second[i] as number) + (1 - decay) * square;
  }
  return (range) => 1 / Math.sqrt(second[range] as number);
}

function ofRowsAndColumns({ gradients, means, shape }: RuleArrays, rates: RuleRates, decay: number): FactorOf {
  const { rows: ofRows = none, columns: ofColumns = none } = means;
  const { stacks, rows, columns } = matricesOf(shape);
  const [rowSums, columnSums] = [new Float64Array(stacks * rows), new Float64Array(stacks * columns)];
  for (let i = 0; i < gradients.length; i += 1) {
    const square = ((gradients[i] as number) * rates.gradientFactor) ** 2 + smallestSquare;
    const row = Math.floor(i / columns);
    const column = Math.floor(row / rows) * columns + (i % columns);
    rowSums[row] = (rowSums[row] as number) + square;
    columnSums[column] = (columnSums[column] as number) + square;
  }
  const blend = (means: Float32Array, sums: Float64Array, count: number) => {
    for (let i = 0; i < sums.length; i += 1)
      means[i] = decay * (means[i] as number) + ((1 - decay) * (sums[i] as number)) / count;
  };
  blend(ofRows, rowSums, columns);
  blend(ofColumns, columnSums, rows);
  const stackMeans = Float64Array.from({ length: stacks }, (_, stack) => {
    return ofRows.subarray(stack * rows, (stack + 1) * rows).reduce((sum, mean) => sum + mean, 0) / rows;
  });
  const rowFactors = rowSums;
  for (let row = 0; row < rowFactors.length; row += 1)
    rowFactors[row] = Math.sqrt((stackMeans[Math.floor(row / rows)] as number) / (ofRows[row] as number));
  const columnFactors = columnSums;
  for (let column = 0; column < columnFactors.length; column += 1)
    columnFactors[column] = 1 / Math.sqrt(ofColumns[column] as number);
  return (range) => {
    const row = Math.floor(range / columns);
    return (
      (rowFactors[row] as number) * (columnFactors[Math.floor(row / rows) * columns + (range % columns)] as number)
    );
  };
}

/** A shape as a number of matrices, which are its last two axes. */
function matricesOf(shape: readonly number[]) {
  const [rows = 1, columns = 1] = shape.slice(-2);
  return { stacks: sizeOf(shape.slice(0, -2)), rows, columns };
}
