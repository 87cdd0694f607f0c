// What the HTTP app is told about the installation in tests.
import type { Installation } from '../../src/producers/http/api/parts.ts'

export const INSTALLATION: Installation = {
  version: '0.0.0-test',
  commit: null,
  serviceKeyInUse: true,
  requestsPerMinute: 150,
  budgetOf: async () => null,
}
