import { runGroup } from '../run-group.ts'

await runGroup('clients-1')
