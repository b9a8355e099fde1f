// The headers that isolate a page, and the workers in it, from other origins.

/**
 * The same response with these headers. Files from other servers then need CORS headers, which the Hugging Face Hub sends.
 * Responses with the status 0 (opaque ones, redirects, errors) cannot be changed and are returned as they are.
 */
export function isolated(response: Response): Response {
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  const { status, statusText } = response;
  const hasBody = status !== 204 && status !== 304;
  return new Response(hasBody ? response.body : null, { status, statusText, headers });
}
