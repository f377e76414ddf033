export default async function stopServers() {
  await globalThis.endIntegrationServers()
}
