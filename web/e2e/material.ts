import type { Flow, FlowDefinitions } from './flow-json'
import { type Hand, Office } from './office'

const text = (title: string, more: object = {}) => ({ type: 'string', 'x-type': 'text', title, ...more })
const qty = { type: 'string', 'x-type': 'decimal', title: '数量' }

/**
 * An application of its own: what a site asks of the store. Every journey founds one under names nothing else has, with
 * people of its own, so that it disturbs nothing and can be begun again after a failure.
 */
export class Material {
  readonly entity: string
  readonly keeperRole: string
  readonly issuerRole: string
  readonly bossRole: string
  readonly masterRole: string
  readonly title: string
  asker: Hand
  keeper: Hand
  boss: Hand
  issuer: Hand
  /** Administers the flow. */
  master: Hand
  private readonly tag: string

  private constructor(tag: string) {
    this.tag = tag
    this.entity = `material_${tag}`
    this.keeperRole = `keeper_${tag}`
    this.issuerRole = `issuer_${tag}`
    this.bossRole = `boss_${tag}`
    this.masterRole = `master_${tag}`
    this.title = `领料单${tag}`
    this.asker = this.keeper = this.boss = this.issuer = this.master = { user: '', login: '', name: '', password: '' }
  }

  /** Founds the application; its store has nobody yet who hands out. */
  static async found(admin: Office, change: (flow: Flow) => void = () => undefined): Promise<Material> {
    const app = new Material(Date.now().toString(36))
    const flow = app.flow()
    change(flow)
    await admin.publish(app.definitions(flow), `领料${app.tag}`)
    app.asker = await admin.hire(`ask.${app.tag}`, `陈领料${app.tag}`, [`asker_${app.tag}`])
    app.keeper = await admin.hire(`keep.${app.tag}`, `高材料${app.tag}`, [app.keeperRole])
    app.boss = await admin.hire(`boss.${app.tag}`, `钱主管${app.tag}`, [app.bossRole])
    app.issuer = await admin.hire(`issue.${app.tag}`, `马发料${app.tag}`, [])
    app.master = await admin.hire(`master.${app.tag}`, `郭流程${app.tag}`, [app.masterRole])
    return app
  }

  /** The flow as it is published first: nothing is wrong with it but that nobody hands out yet. */
  flow(): Flow {
    return {
      name: this.entity,
      title: `领料审批${this.tag}`,
      entity: this.entity,
      settings: { subject: '`领料 ${no}`', onSelf: 'leader', admins: [`role:${this.masterRole}`] },
      nodes: [
        { name: 'check', type: 'approve', title: '材料员', who: [`role:${this.keeperRole}`], fields: { lines: 'w' } },
        {
          name: 'amount_is', type: 'branch', title: '金额', mode: 'exclusive',
          branches: [
            { name: 'large', title: '大额', when: 'nz(amount, 0) > 5000', nodes: [
              { name: 'boss', type: 'approve', title: '材料主管', who: [`role:${this.bossRole}`] }] },
            { name: 'small', title: '小额', else: true, nodes: [] }],
        },
        { name: 'issue', type: 'approve', title: '发料', who: [`role:${this.issuerRole}`], onEmpty: 'error' }],
    }
  }

  /** A request in the name of the asker. */
  async ask(office: Office, item: string, amount?: string): Promise<string> {
    const lines = [{ item, qty: '2' }]
    const made = await office.create(this.entity, { item, lines, ...(amount ? { amount } : {}) }, true)
    return String(made.values['no'])
  }

  private definitions(flow: Flow): FlowDefinitions {
    const grant = (actions: string[]) => ({ grants: { all: { entity: this.entity, actions } } })
    const role = (name: string, title: string, actions: string[]) => ({ [`roles/${name}`]: { name, title: title + this.tag, ...grant(actions) } })
    return {
      [`entities/${this.entity}`]: {
        name: this.entity, title: this.title, type: 'object', 'x-approval': true, 'x-display': 'no', 'x-summary': ['no', 'item', 'amount'],
        required: ['item'],
        'x-order': ['no', 'item', 'amount', 'lines'],
        properties: {
          no: { type: 'string', 'x-type': 'autonumber', title: '单号', 'x-number': { pattern: `LL${this.tag}-{seq:3}` }, 'x-search': true },
          item: text('材料'),
          amount: { type: 'string', 'x-type': 'money', title: '金额' },
          lines: { type: 'array', 'x-type': 'table', title: '明细', items: { type: 'object', required: ['item', 'qty'], properties: { item: text('名称'), qty } } },
        },
      },
      [`flows/${this.entity}`]: flow,
      ...role(`asker_${this.tag}`, '领料人', ['create', 'read', 'update', 'submit']),
      ...role(this.keeperRole, '材料员', ['read', 'act']),
      ...role(this.bossRole, '材料主管', ['read', 'act']),
      ...role(this.issuerRole, '发料员', ['read', 'act']),
      ...role(this.masterRole, '领料流程管理员', ['read', 'act']),
    }
  }
}
