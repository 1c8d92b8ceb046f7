/** The payment application that an administrator builds: the flow `payment` of the design, with what it needs. */

const en = (title: string) => ({ en: { title } })

const text = (title: string, english: string, maxLength = 100) => ({
  type: 'string', 'x-type': 'text', title, 'x-i18n': en(english), maxLength,
})

const money = (title: string, english: string, more: object = {}) => ({
  type: 'string', 'x-type': 'money', title, 'x-i18n': en(english), 'x-min': '0', ...more,
})

export const project = {
  name: 'project', title: '项目', 'x-i18n': en('Project'), type: 'object', 'x-display': 'name', 'x-natural': 'name',
  required: ['name', 'manager'],
  properties: {
    name: { ...text('项目名称', 'Project'), 'x-search': true },
    manager: { type: 'string', 'x-type': 'user', title: '项目经理', 'x-i18n': en('Project manager') },
  },
  'x-unique': { natural: { fields: ['name'] } },
}

export const payment = {
  name: 'payment', title: '付款申请', 'x-i18n': en('Payment'), type: 'object', 'x-approval': true, 'x-display': 'no',
  'x-summary': ['no', 'project', 'payee', 'amount', 'cost_center'],
  'x-order': ['no', 'project', 'payee', 'amount', 'over_plan_amount', 'cost_center', 'bank', 'watchers', 'attachments'],
  required: ['project', 'payee', 'amount', 'over_plan_amount', 'cost_center', 'bank'],
  properties: {
    no: {
      type: 'string', 'x-type': 'autonumber', title: '单号', 'x-i18n': en('No.'), 'x-number': { pattern: 'FK-{seq:4}' },
    },
    project: { type: 'string', 'x-type': 'reference', 'x-entity': 'project', title: '项目', 'x-i18n': en('Project') },
    payee: text('收款单位', 'Payee'),
    amount: money('金额', 'Amount'),
    over_plan_amount: money('超计划金额', 'Over plan', { default: '0.00' }),
    cost_center: text('成本中心', 'Cost center', 40),
    bank: text('收款账号', 'Bank account', 60),
    watchers: {
      type: 'array', 'x-type': 'users', title: '知会', 'x-i18n': en('Tell'), items: { type: 'string' }, maxItems: 20,
    },
    attachments: {
      type: 'array', 'x-type': 'attachment', title: '附件', 'x-i18n': en('Attachments'), items: { type: 'string' },
      'x-files': { maxCount: 5 },
    },
  },
}

export const form = {
  name: 'payment', title: '付款申请', 'x-i18n': en('Payment'), entity: 'payment', layout: 'sections',
  sections: [
    {
      name: 'what', title: '付款内容', 'x-i18n': en('What'), columns: 2,
      items: ['no', 'project', 'payee', 'amount', 'over_plan_amount', 'cost_center'].map((field) => ({ field })),
    },
    {
      name: 'how', title: '收款与附件', 'x-i18n': en('How'), columns: 2,
      items: ['bank', 'watchers', 'attachments'].map((field) => ({ field })),
    },
  ],
}

export const view = {
  name: 'payments', title: '付款申请', 'x-i18n': en('Payments'), entity: 'payment', kind: 'table', form: 'payment',
  columns: ['no', 'project', 'payee', 'amount', 'cost_center', 'state'].map((field) => ({ field })),
  sort: [{ field: 'no', dir: 'desc' }], filters: ['project', 'state'], actions: ['create', 'export'],
}

export const menu = {
  name: 'payments', title: '付款', 'x-i18n': en('Payments'),
  items: [{ name: 'payments', title: '付款申请', 'x-i18n': en('Payments'), icon: 'wallet', view: 'payments' }],
}

const readers = {
  projects: { entity: 'project', actions: ['read'] },
  users: { entity: 'user', actions: ['read'] },
  departments: { entity: 'department', actions: ['read'] },
}

const approver = (name: string, title: string, english: string) => ({
  name, title, 'x-i18n': en(english),
  grants: { ...readers, payments: { entity: 'payment', actions: ['read', 'act'] } },
})

export const roles = [
  {
    name: 'staff', title: '员工', 'x-i18n': en('Staff'),
    grants: {
      ...readers,
      own: {
        entity: 'payment', actions: ['create', 'read', 'update', 'submit'],
        where: { field: 'created_by', op: 'eq', value: { var: 'actor.id' } },
      },
    },
  },
  approver('board', '董事会', 'Board'),
  approver('finance', '财务', 'Finance'),
  approver('legal', '法务', 'Legal'),
  approver('flow_admin', '流程管理员', 'Flow administrator'),
]

/** The approval as the design shows it; what pays is added by the designer of flows. */
export const flow = {
  name: 'payment', title: '付款审批', 'x-i18n': en('Payment approval'), entity: 'payment', form: 'payment',
  settings: { dedupe: 'consecutive', onSelf: 'leader', admins: ['role:flow_admin'], subject: '`付款-${amount}`' },
  nodes: [
    {
      name: 'dept', type: 'approve', title: '部门负责人', 'x-i18n': en('Department head'), who: ['leader:1'],
      fields: { cost_center: 'w', bank: '-' },
      timeout: [{ after: 'PT24H', do: 'remind' }, { after: 'PT48H', do: 'transfer:admin' }],
    },
    {
      name: 'plan', type: 'approve', title: '超计划审批', 'x-i18n': en('Over plan'), when: 'over_plan_amount > 0',
      who: ['field:project.manager'],
    },
    {
      name: 'amt', type: 'branch', mode: 'exclusive',
      branches: [
        {
          name: 'big', title: '十万以上', 'x-i18n': en('Over 100,000'), when: 'amount > 100000',
          nodes: [{
            name: 'board', type: 'approve', title: '董事会', 'x-i18n': en('Board'), who: ['role:board'], mode: 'vote',
            pass: { percent: 60 }, sign: true, returnTo: ['initiator', 'dept'], resubmit: 'resume',
          }],
        },
        {
          name: 'rest', title: '其他', 'x-i18n': en('Others'), else: true,
          nodes: [{ name: 'fin', type: 'approve', title: '财务', 'x-i18n': en('Finance'), who: ['role:finance'], mode: 'any' }],
        },
      ],
    },
    {
      name: 'both', type: 'branch', mode: 'parallel',
      branches: [
        {
          name: 'l', title: '法务', 'x-i18n': en('Legal'),
          nodes: [{
            name: 'legal', type: 'approve', title: '法务', 'x-i18n': en('Legal'), who: ['role:legal'],
            allow: ['addsign', 'transfer'],
          }],
        },
        {
          name: 'c', title: '知会', 'x-i18n': en('Tell'),
          nodes: [{ name: 'tell', type: 'cc', title: '知会', 'x-i18n': en('Tell'), who: ['field:watchers'] }],
        },
      ],
    },
  ],
}

/** The step that has the payment made by another system. */
export const pay = {
  name: 'pay', type: 'action', title: '付款', 'x-i18n': en('Pay'),
  do: { webhook: 'erp.pay', with: { id: 'id', amount: 'amount' } },
}
