// A variable without a value is not 0 again in a loop's second round: seen on Mesa's llvmpipe.

import { chunksOf, lanes, pitch, type Rows, type Side, sideOf, sizeOfRows, tileSize } from "./tiles.ts";

/** ownRows·otherRowsᵀ, into the lane's places (`eachOther`) of an array in the workgroup's memory: its four own rows for each other one. */
export function product(into: "weights" | "left", ownRows: Rows, otherRows: Rows): string {
  const size = sizeOfRows[ownRows];
  return `{
    var products = array<vec4f, 4>();
    for (var chunk = 0u; chunk < ${size}; chunk += ${tileSize}) {
      for (var n = lane; n < 256; n += ${lanes}) {
        let column = chunk + n % ${tileSize};
        let slot = n % ${tileSize} * ${pitch} + n / ${tileSize};
        let l = ownStart + n / ${tileSize} * 4;
        let r = otherStart + n / ${tileSize} * 4;
        left[slot] = ${vectorOf((i) => `${ownRows}Entry(l + ${i}, column)`)};
        right[slot] = ${vectorOf((i) => `${otherRows}Entry(r + ${i}, column)`)};
      }
      workgroupBarrier();
      for (var k = 0u; k < min(${tileSize}, ${size} - chunk); k++) {
        let l = left[k * ${pitch} + quadRow];
        let r = right[k * ${pitch} + quadColumn];
        ${four((j) => `products[${j}] += l * r[${j}];`)}
      }
      workgroupBarrier();
    }
    ${four((j) => `${into}[(4 * quadColumn + ${j}) * ${pitch} + quadRow] = products[${j}];`)}
  }`;
}

/** A loop over the lane's four other rows: `slot` is where its four own rows with this one are in the arrays of the workgroup's memory. */
export function eachOther(ownedSide: Side, statements: string): string {
  const ownedRows = "ownStart + 4 * quadRow + vec4u(0, 1, 2, 3)";
  const otherRow = "vec4u(otherStart + 4 * quadColumn + j)";
  return `for (var j = 0u; j < 4; j++) {
    let slot = (4 * quadColumn + j) * ${pitch} + quadRow;
    let query = ${ownedSide === "query" ? ownedRows : otherRow};
    let key = ${ownedSide === "query" ? otherRow : ownedRows};
    ${statements}
  }`;
}

/** Adds weights in the workgroup's memory times the other tile's rows to `sums`, declared by `declareSums`. */
export function addWeighted(sums: string, weights: "weights" | "left", otherRows: Rows, features: number): string {
  return eachChunk(
    features,
    `for (var n = lane; n < 256; n += ${lanes}) {
      let row = otherStart + n / 8;
      let column = ${tileSize} * chunk + n % 8 * 4;
      right[n / 8 * ${pitch} + n % 8] = ${vectorOf((i) => `${otherRows}Entry(row, column + ${i})`)};
    }
    workgroupBarrier();
    ${four((i) => `var sum${i} = ${sums}[4 * chunk + ${i}];`)}
    for (var k = 0u; k < ${tileSize}; k++) {
      let l = ${weights}[k * ${pitch} + quadRow];
      let r = right[k * ${pitch} + quadColumn];
      ${four((i) => `sum${i} += l[${i}] * r;`)}
    }
    ${four((i) => `${sums}[4 * chunk + ${i}] = sum${i};`)}
    workgroupBarrier();`,
  );
}

export function declareSums(sums: string, features: number): string {
  return `var ${sums}: array<vec4f, ${4 * chunksOf(features)}>;`;
}

/** Each of the sums' vectors becomes what `change` makes of it and the own row's number. */
export function changeSums(sums: string, features: number, change: (vector: string, row: number) => string): string {
  return eachChunk(
    features,
    four((i) => `${sums}[4 * chunk + ${i}] = ${change(`${sums}[4 * chunk + ${i}]`, i)};`),
  );
}

/** The sums become the own rows of an output. */
export function storeSums(sums: string, output: string, like: Rows, features: number): string {
  const vectors = sideOf[like] === "query" ? "queries" : "keys";
  return eachChunk(
    features,
    `for (var n = 0u; n < 16; n++) {
      let row = ownStart + 4 * quadRow + n / 4;
      let column = ${tileSize} * chunk + 4 * quadColumn + n % 4;
      if (row < ${vectors}.count && column < ${sizeOfRows[like]}) {
        let start = (${vectors}.first + row * ${vectors}.step) * ${sizeOfRows[like]};
        ${output}[start + column] = ${sums}[4 * chunk + n / 4][n % 4];
      }
    }`,
  );
}

/** `statements` for 0 to 3. */
function four(statements: (index: number) => string): string {
  return [0, 1, 2, 3].map(statements).join("\n");
}

/** A vector of four expressions. */
export function vectorOf(expression: (index: number) => string): string {
  return `vec4f(${[0, 1, 2, 3].map(expression).join(", ")})`;
}

/** A loop, because compilers take long for its copies; in it, sums that change often are variables. */
function eachChunk(features: number, statements: string): string {
  return `for (var chunk = 0u; chunk < ${chunksOf(features)}; chunk++) { ${statements} }`;
}
