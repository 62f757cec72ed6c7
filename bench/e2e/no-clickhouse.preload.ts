/** Ablation: rows are made and go nowhere. */
import { ClickHouse } from '../../src/storage/clickhouse.ts'

ClickHouse.prototype.insert = async () => {}
