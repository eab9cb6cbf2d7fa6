import { expect, test } from "bun:test";
import { proxyEnvironment } from "./proxy_environment.ts";

test("both spellings lead to the proxy", () => {
  const env = proxyEnvironment(28_128, ["pypi.org"]);
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"])
    expect(env[name]).toBe("http://127.0.0.1:28128");
});

test.each([
  [["pypi.org"], "localhost,127.0.0.1,::1"],
  [["localhost"], "localhost,127.0.0.1,::1"],
  [["127.0.0.1:8080"], "localhost,::1"],
  [["[::1]:80", "localhost:3000"], "127.0.0.1"],
])("with %p what goes past it is %s", (hosts, direct) => {
  const { NO_PROXY, no_proxy, npm_config_noproxy } = proxyEnvironment(1, hosts);
  expect([NO_PROXY, no_proxy, npm_config_noproxy]).toEqual([direct, direct, direct]);
});
