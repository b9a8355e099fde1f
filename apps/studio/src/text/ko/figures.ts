// 사람이 읽는 숫자.

/** 걸리는 시간. */
export const duration = (seconds: number): string => {
  if (seconds < 1) return `${seconds.toFixed(2)}초`;
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)}초`;
  return seconds < 5400 ? `${Math.round(seconds / 60)}분` : `${(seconds / 3600).toFixed(1)}시간`;
};
