// viem against a running chain: `node viem.mjs <case>`, the scene as JSON in the environment variable SCENE.
// Prints one line of JSON; a failed assertion ends it with an error.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const scene = JSON.parse(process.env.SCENE);
const require = createRequire(`${scene.fixtures}/package.json`);
const viem = require("viem");
const { privateKeyToAccount } = require("viem/accounts");
const { publicActions, walletActions, testActions } = viem;

const chain = viem.defineChain({
  id: 412346,
  name: "embedded",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [scene.url] } },
});
const abi = JSON.parse(readFileSync(scene.vaultAbi, "utf8"));
const alice = privateKeyToAccount(scene.aliceKey);
const vault = { address: scene.vault, abi };

const client = (transport) =>
  viem
    .createClient({ account: alice, chain, transport, pollingInterval: 50 })
    .extend(publicActions)
    .extend(walletActions)
    .extend(testActions({ mode: "anvil" }));
const http = () => client(viem.http(scene.url));

const until = async (what, reached) => {
  const end = Date.now() + 10_000;
  while (!reached()) {
    assert(Date.now() < end, `waited in vain for ${what}`);
    await new Promise((next) => setTimeout(next, 20));
  }
};

const transfer = async (chain, amount) => {
  const { request } = await chain.simulateContract({
    ...vault,
    functionName: "transfer",
    args: [scene.bob, amount],
  });
  const hash = await chain.writeContract(request);
  const receipt = await chain.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, "success");
  return receipt;
};

const cases = {
  async reads() {
    const c = http();
    assert.equal(await c.getChainId(), 412346);
    const [supply, name, block] = await Promise.all([
      c.readContract({ ...vault, functionName: "totalSupply" }),
      c.readContract({ ...vault, functionName: "name" }),
      c.getBlock(),
    ]);
    assert.equal(supply, viem.parseEther("1001000"));
    assert.equal(name, "Example Treasury");
    assert.equal(block.baseFeePerGas, 100_000_000n);
    assert.equal(block.number, await c.getBlockNumber());
    const fees = await c.estimateFeesPerGas();
    assert(fees.maxFeePerGas >= 100_000_000n);
    const history = await c.getFeeHistory({ blockCount: 2, rewardPercentiles: [50] });
    assert.equal(history.baseFeePerGas.length, 3);
    const code = await c.getCode({ address: scene.vault });
    assert(code.startsWith("0xeff0"));
    // Several answers in one HTTP request.
    const batched = client(viem.http(scene.url, { batch: true }));
    const balances = await Promise.all(
      [scene.bob, alice.address].map((a) =>
        batched.readContract({ ...vault, functionName: "balanceOf", args: [a] }),
      ),
    );
    assert.deepEqual(balances, [0n, viem.parseEther("1000")]);
  },

  async sends() {
    const c = http();
    const gas = await c.estimateContractGas({
      ...vault,
      functionName: "transfer",
      args: [scene.bob, 5n],
    });
    const receipt = await transfer(c, 5n);
    assert(receipt.gasUsed <= gas, `${receipt.gasUsed} used, ${gas} estimated`);
    assert.equal(receipt.effectiveGasPrice, 100_000_000n);
    const [log] = viem.parseEventLogs({ abi, logs: receipt.logs, eventName: "Transfer" });
    assert.deepEqual(log.args, { from: alice.address, to: scene.bob, value: 5n });
    const logs = await c.getContractEvents({
      ...vault,
      eventName: "Transfer",
      args: { to: scene.bob },
      fromBlock: receipt.blockNumber,
    });
    assert.deepEqual(logs.map((l) => l.args.value), [5n]);
    const sent = await c.getTransaction({ hash: receipt.transactionHash });
    assert.equal(sent.type, "eip1559");
    assert.equal(sent.from, alice.address.toLowerCase());
  },

  async decodes() {
    const c = http();
    const most = viem.parseEther("1000");
    const error = await c
      .simulateContract({ ...vault, functionName: "transfer", args: [scene.bob, most + 1n] })
      .then(
        () => assert.fail("a transfer of more than there is was allowed"),
        (e) => e.walk((cause) => cause instanceof viem.ContractFunctionRevertedError),
      );
    assert.equal(error.data.errorName, "ERC20InsufficientBalance");
    assert.deepEqual(error.data.args, [alice.address, most, most + 1n]);
    // The same call with a balance out of nowhere: state overrides reach a program's storage check.
    await assert.rejects(
      c.call({
        account: alice,
        to: scene.vault,
        data: viem.encodeFunctionData({ abi, functionName: "totalSupply" }),
        stateOverride: [{ address: scene.vault, code: "0xfe" }],
      }),
    );
  },

  async tests() {
    const c = http();
    const id = await c.snapshot();
    await c.setBalance({ address: scene.bob, value: 77n });
    assert.equal(await c.getBalance({ address: scene.bob }), 77n);
    const before = await c.getBlock();
    await c.increaseTime({ seconds: 3600 });
    await c.mine({ blocks: 1 });
    const after = await c.getBlock();
    assert(after.timestamp >= before.timestamp + 3600n);
    await c.impersonateAccount({ address: scene.timelock });
    await c.setBalance({ address: scene.timelock, value: viem.parseEther("1") });
    const hash = await c.sendTransaction({ account: scene.timelock, to: scene.bob, value: 3n });
    const receipt = await c.waitForTransactionReceipt({ hash });
    assert.equal(receipt.from, scene.timelock.toLowerCase());
    assert.equal(await c.getBalance({ address: scene.bob }), 80n);
    await c.revert({ id });
    assert.equal((await c.getBlock()).number, before.number);
    assert.notEqual(await c.getBalance({ address: scene.bob }), 80n);
  },

  // viem polls with filters where there is no subscription.
  async filters() {
    const c = http();
    const seen = [];
    const stop = c.watchContractEvent({
      ...vault,
      eventName: "Transfer",
      onLogs: (logs) => seen.push(...logs.map((l) => l.args.value)),
      onError: (e) => assert.fail(e),
    });
    const fromBlock = (await c.getBlockNumber()) + 1n;
    const filter = await c.createContractEventFilter({ ...vault, eventName: "Transfer", fromBlock });
    await new Promise((next) => setTimeout(next, 200));
    await transfer(c, 11n);
    await transfer(c, 12n);
    await until("two events", () => seen.length === 2);
    stop();
    assert.deepEqual(seen, [11n, 12n]);
    const changes = await c.getFilterChanges({ filter });
    assert.deepEqual(changes.map((l) => l.args.value), [11n, 12n]);
    assert.deepEqual(await c.getFilterChanges({ filter }), []);
    assert.equal((await c.getFilterLogs({ filter })).length, 2);
    assert.equal(await c.uninstallFilter({ filter }), true);
  },

  async subscriptions() {
    const c = client(viem.webSocket(scene.wsUrl));
    const blocks = [];
    const values = [];
    const fail = (e) => assert.fail(e);
    const stops = [
      c.watchBlocks({ onBlock: (b) => blocks.push(b.number), onError: fail }),
      c.watchContractEvent({
        ...vault,
        eventName: "Transfer",
        args: { to: scene.bob },
        onLogs: (logs) => values.push(...logs.map((l) => l.args.value)),
        onError: fail,
      }),
    ];
    await new Promise((next) => setTimeout(next, 200));
    const first = await transfer(c, 21n);
    const second = await transfer(c, 22n);
    await until("events and blocks", () => values.length === 2 && blocks.length >= 2);
    stops.forEach((stop) => stop());
    assert.deepEqual(values, [21n, 22n]);
    assert.deepEqual(blocks.slice(0, 2), [first.blockNumber, second.blockNumber]);
    (await c.transport.getRpcClient()).close();
  },
};

const [, , name] = process.argv;
assert(cases[name], `no case ${name}: ${Object.keys(cases).join(", ")}`);
await cases[name]();
console.log(JSON.stringify({ passed: name }));
process.exit(0);
