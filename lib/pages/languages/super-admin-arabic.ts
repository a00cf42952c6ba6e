import type { SuperAdminMessages } from './messages.ts'

/** The texts of the SuperAdmin pages in Arabic. */
export const SUPER_ADMIN_ARABIC: SuperAdminMessages = {
  superAdmin: 'المشرف العام',
  allClients: 'كل العملاء',
  cancel: 'إلغاء',
  quoted: '«{text}»',
  keepIt: 'الإبقاء عليه',

  clients: 'العملاء',
  registerClient: 'تسجيل عميل',
  noClients: 'لم يُسجَّل أي عميل بعد.',
  noClientsHint: 'سجّل العميل الأول، وسلّم الشريك معرّفه وسرّه.',
  noMoreClients: 'لا يوجد المزيد من العملاء.',
  noMatch: 'لا يوجد عميل يطابق {name}.',
  noMatchOfFilters: 'لا يوجد عميل يطابق عوامل التصفية هذه.',
  nameContains: 'الاسم يحتوي على',
  search: 'بحث',
  moreFilters: 'عوامل تصفية أخرى',
  any: 'الكل',
  applyFilters: 'تطبيق عوامل التصفية',
  showAllClients: 'عرض كل العملاء',
  pages: 'الصفحات',
  firstPage: 'الصفحة الأولى',
  nextPage: 'الصفحة التالية',
  ofPlatform: 'المنصة',
  ofTenant: 'المستأجر {tenant}',
  registeredAgo: 'سُجّل {age}',

  registrationExplanation:
    'العميل هو تطبيق لأحد الشركاء. إذا حصل على سرّ، فسيُعرض مرة واحدة في الصفحة التالية.',
  register: 'تسجيل',
  advanced: 'خيارات متقدمة',
  connecting: 'كيفية الاتصال',
  pkce: 'يلزم PKCE مع S256 لكل عميل، ولا يمكن إيقافه.',
  lifetimes: 'مدة صلاحية الرموز',
  branding: 'ما يراه الناس منه',
  brandingHelp: 'روابط https تظهر في صفحات تسجيل الدخول والموافقة. كلها اختيارية.',
  fields: {
    name: {
      label: 'الاسم',
      help: 'يظهر في صفحات تسجيل الدخول والموافقة. من 3 إلى 255 حرفًا.',
    },
    redirectUris: {
      label: 'روابط إعادة التوجيه',
      help: 'رابط واحد في كل سطر، 20 على الأكثر. يعود تسجيل الدخول إلى واحد منها بالضبط. تبدأ بـ https؛ أما http فهو لـ localhost و127.0.0.1 و\u2066[::1]\u2069، ويجوز للعميل العام استخدام المخطط الخاص بتطبيقه، مثل com.example.app:/callback.',
    },
    scopes: {
      label: 'النطاقات',
      help: 'النطاقات التي يجوز للعميل طلبها. يبقى القرار للمستخدمين فيما يسمحون به.',
    },
    clientType: { label: 'نوع العميل', help: 'لا يمكن تغييره لاحقًا.' },
    audience: { label: 'جمهور العميل', help: 'لا يمكن تغييره لاحقًا.' },
    tenantId: {
      label: 'المستأجر',
      help: 'لمستأجر واحد فقط: معرّفه. لا يمكن تغييره لاحقًا.',
    },
    allowedGrantTypes: { label: 'أنواع المنح' },
    tokenEndpointAuthMethod: {
      label: 'مصادقة العميل',
      help: 'كيف يرسل العميل سرّه إلى نقطة إصدار الرموز.',
    },
    resourceServerAudiences: {
      label: 'خادم موارد لـ',
      help: 'فارغ لتطبيق أحد الشركاء. لإحدى واجهاتنا البرمجية: جماهير رموزها، واحد في كل سطر. يجوز لها عندئذٍ فحص الرموز المخصصة لها وقراءة ما أُلغي. للعملاء السريين فقط.',
    },
    accessTokenTtlSeconds: {
      label: 'مدة رمز الوصول',
      help: 'من دقيقة واحدة إلى 24 ساعة. الفارغ يعني 15 دقيقة.',
    },
    refreshTokenTtlSeconds: {
      label: 'مدة رمز التحديث',
      help: 'من 5 دقائق إلى 365 يومًا. الفارغ يعني 30 يومًا.',
    },
    clientUri: { label: 'الصفحة الرئيسية' },
    logoUrl: { label: 'الشعار' },
    tosUri: { label: 'شروط الخدمة' },
    policyUri: { label: 'سياسة الخصوصية' },
    expiresAt: {
      label: 'آخر يوم للسرّ الجديد',
      help: 'اختياري: يعمل السرّ الجديد حتى نهاية ذلك اليوم بالتوقيت العالمي.',
    },
  },
  clientTypes: {
    CONFIDENTIAL: {
      label: 'سري',
      help: 'يعمل على خادم يستطيع حفظ سرّ، ويحصل على واحد.',
    },
    PUBLIC: {
      label: 'عام',
      help: 'يعمل في متصفح أو على هاتف حيث لا يبقى شيء سريًا، ولا يحصل على سرّ.',
    },
  },
  audiences: {
    PLATFORM: { label: 'المنصة', help: 'يجوز لأفراد كل المستأجرين تسجيل الدخول.' },
    TENANT: { label: 'مستأجر واحد', help: 'يجوز لأفراد مستأجر واحد فقط تسجيل الدخول.' },
  },
  grantTypes: {
    authorization_code: 'يسجّل دخول الأشخاص. يحتاج إلى رابط إعادة توجيه.',
    refresh_token: 'يبقى متصلًا بعد انتهاء صلاحية رمز الوصول. يحتاج إلى authorization_code.',
    client_credentials: 'يعمل بنفسه دون شخص. للعملاء السريين فقط.',
  },
  authenticationMethods: {
    client_secret_basic: 'HTTP Basic',
    client_secret_post: 'في متن الطلب',
    none: 'للعملاء العامين فقط',
  },
  usualMethod: 'المعتادة لنوعه',
  unknownScope: 'لم يعد موجودًا.',
  unitOf: 'وحدة {field}',
  units: { seconds: 'ثوانٍ', minutes: 'دقائق', hours: 'ساعات', days: 'أيام' },

  clientId: 'معرّف العميل',
  whoMaySignIn: 'من يجوز له تسجيل الدخول',
  everybody: 'أفراد كل المستأجرين',
  onlyTenant: 'أفراد المستأجر {tenant} فقط',
  registeredAt: 'تاريخ التسجيل',
  changedAt: 'آخر تغيير',
  settings: 'الإعدادات',
  settingsExplanation:
    'تسري التغييرات عند الطلب التالي للعميل. تحتفظ رموز الوصول الصادرة بنطاقاتها حتى تنتهي صلاحيتها.',
  save: 'حفظ',

  pleaseCorrect: 'لم يُحفظ شيء بعد. يُرجى التصحيح:',
  changedMeanwhile: 'غيّر شخص آخر هذا العميل في هذه الأثناء. لم يُحفظ شيء من تغييراتك بعد.',
  conflictAdvice:
    'هذه هي الفروق عن تغييراتك التي ما زالت في النموذج أدناه. احفظ النموذج لاستبدال التغييرات الأخرى، أو {discard}.',
  discardYours: 'تجاهل تغييراتك',
  savedValue: '{field}: القيمة المحفوظة {value}.',
  savedNothing: '{field}: لا توجد قيمة محفوظة.',
  brokenRule: '{subject}: {rule}',
  rules: {
    'too-short': 'يجب ألا يقل عدد الأحرف عن {minimum}.',
    'too-long': 'يجب ألا يزيد عدد الأحرف على {maximum}.',
    'control-characters': 'لا يُسمح بأحرف التحكم.',
    'invisible-characters': 'لا يُسمح بأحرف التحكم ولا بالأحرف غير المرئية.',
    'no-letter-or-digit': 'يلزم حرف أو رقم واحد على الأقل.',
    'not-a-choice': 'القيم الممكنة: {allowed}.',

    'tenant-missing': 'العميل المخصص لمستأجر واحد يحتاج إلى معرّف هذا المستأجر.',

    'scopes-missing': 'يلزم نطاق واحد على الأقل.',
    'scopes-too-many': 'يجب ألا يزيد عدد النطاقات على {maximum}.',
    'scope-unknown': 'النطاق {scope} غير موجود.',

    'redirect-uris-missing': 'يلزم رابط واحد على الأقل لاستخدام authorization_code.',
    'redirect-uris-too-many': 'يجب ألا يزيد عدد الروابط على {maximum}.',
    'redirect-uri-not-absolute': 'يلزم رابط https كامل.',
    'redirect-uri-fragment': 'لا يُسمح بالعلامة # وما بعدها.',
    'redirect-uri-credentials': 'لا يُسمح ببيانات الدخول في الرابط.',
    'redirect-uri-http': 'يلزم https؛ أما http فهو لـ localhost و127.0.0.1 و\u2066[::1]\u2069 فقط.',
    'redirect-uri-parameter': 'لا يُسمح بالمعامل {parameter}، لأن الخادم يضيفه إلى الاستجابة.',
    'redirect-uri-host': 'يلزم اسم مضيف واحد دون أحرف بدل.',
    'redirect-uri-scheme': 'يلزم رابط https أو المخطط الخاص بتطبيق، مثل com.example.app.',
    'redirect-uri-not-canonical': 'اكتبه هكذا: {canonical}.',
    'redirect-uri-app-scheme': 'مخططات التطبيقات للعملاء العامين فقط. استخدم https.',

    'grant-types-missing': 'يلزم نوع منح واحد على الأقل.',
    'grant-types-too-many': 'يجب ألا يزيد عدد أنواع المنح على {maximum}.',
    'grant-type-confidential': '{grantType} للعملاء السريين فقط.',
    'refresh-token-alone': 'لا يعمل refresh_token إلا مع authorization_code.',

    'method-of-public': 'ليس للعميل العام سرّ. القيم الممكنة: {allowed}.',
    'method-of-confidential': '{method} للعملاء العامين فقط. القيم الممكنة: {allowed}.',

    'audiences-too-many': 'يجب ألا يزيد عدد الجماهير على {maximum}.',
    'audience-not-absolute': 'يلزم معرّف URI كامل دون العلامة #.',
    'audience-unknown': 'ليس هذا جمهورًا لأي من واجهاتنا البرمجية. القيم الممكنة: {allowed}.',
    'audiences-of-public': 'لا يكون خادم موارد إلا عميل سري. اترك الحقل فارغًا.',

    'lifetime-not-whole': 'يلزم عدد صحيح من الثواني.',
    'lifetime-too-short': 'أقصر مدة ممكنة هي {minimum}.',
    'lifetime-too-long': 'أطول مدة ممكنة هي {maximum}.',

    'not-https-url': 'يلزم رابط https بأحرف ASCII ودون بيانات دخول.',

    'secrets-of-public': 'ليس للعميل العام سرّ.',
    'secrets-too-many': 'يجب ألا يزيد عدد الأسرار على {maximum}. أزل واحدًا أولًا.',
    'secret-expiry': 'يلزم يوم في المستقبل، وخلال عشر سنوات على الأكثر.',
  },

  secrets: 'الأسرار',
  secretsExplanation:
    'لاستبدال سرّ، أضف سرًّا آخر، ودع الشريك ينتقل إليه، ثم أزل القديم عندما لا يعود مستخدمًا. يعمل كلاهما حتى ذلك الحين.',
  secretOf: 'السرّ {hint}',
  addedAt: 'تاريخ الإضافة',
  lastUsedAt: 'آخر استخدام',
  expiresAt: 'تاريخ الانتهاء',
  never: 'أبدًا',
  hasExpired: 'انتهت صلاحيته',
  removeSecret: 'إزالة',
  whichSecret: 'السرّ {hint}',
  addSecret: 'إضافة سرّ',
  copySecretNow: 'انسخ سرّ العميل الآن',
  notShownAgain: 'لن يُعرض مرة أخرى.',
  notShownAgainReason: 'لا يستطيع قراءته حتى المشرف العام: لا يخزّن الخادم سوى بصمته.',
  clientSecret: 'سرّ العميل',
  issuer: 'المُصدِر',
  handOver: 'أرسل الثلاثة إلى الشريك عبر قناة آمنة. إذا تسرّب سرّ، فاستبدله في صفحة العميل.',
  haveCopied: 'لقد نسخته',
  secretWasShown: 'عُرض هذا السرّ من قبل',
  secretWasShownHint: 'يُعرض السرّ مرة واحدة. إذا فُقد، فأضف سرًّا آخر إلى {client} وأزل هذا.',
  showClient: 'عرض العميل',
  removeSecretOf: 'إزالة سرّ من {client}؟',
  removeThisSecret: 'إزالة السرّ {hint}؟',
  lastUsedOn: 'استُخدم آخر مرة في {time}.',
  neverUsed: 'لم يُستخدم قط.',
  removalConsequence:
    'ابتداءً من الطلب التالي، لا يمكن استخدامه للمصادقة باسم {client}. لن يُفصل أي مستخدم.',
  removeTheSecret: 'إزالة السرّ',

  deleteClient: 'حذف العميل',
  deletionExplanation: 'يفصل هذا كل من يستخدمه. ستسألك الصفحة التالية مرة أخرى.',
  deleteThisClient: 'حذف {client}؟',
  itsClientId: 'معرّفه هو {clientId}.',
  deletionDisconnects: 'يُفصل كل من ربطه، ولا يستطيع أحد تسجيل الدخول به بعد ذلك.',
  deletionRevokes:
    'تتوقف أسراره ورموز التحديث فورًا، وتعدّ نقطة الفحص رموز وصوله غير نشطة. أما الواجهة البرمجية التي تتحقق من التوقيع فقط فتقبلها حتى تنتهي صلاحيتها، بعد {duration} من إصدارها.',
  deletionIsFinal:
    'لا يمكن استعادته. يحصل أي تسجيل جديد على معرّف آخر، ويجب على الجميع الموافقة من جديد.',

  done: {
    registered: 'سُجّل {client}',
    saved: 'حُفظت التغييرات',
    deleted: 'حُذف {client}',
    'secret-added': 'أُضيف السرّ',
    'secret-removed': 'أُزيل السرّ',
    'last-secret-kept': 'لم يُزَل السرّ: إنه آخر سرّ يعمل. أضف سرًّا آخر أولًا.',
    'not-saved': 'لم تعد مسجّل الدخول. لم يُحفظ ما أرسلته.',
  },

  problems: {
    forbidden: {
      title: 'هذه الصفحة للمشرفين العامين',
      explanation: 'أنت مسجّل الدخول، ولكن ليس بصفة مشرف عام.',
    },
    'form-rejected': {
      title: 'لم نتمكن من قبول هذا النموذج',
      explanation:
        'لم يأتِ من آخر صفحة عرضناها لك، أو إنه كبير جدًا، لذلك لم يتغيّر شيء. قد يحدث هذا عندما تسجّل الدخول أو الخروج في علامة تبويب أخرى. عُد وأعد تحميل الصفحة، ثم أرسله من جديد.',
    },
    'too-many-attempts': {
      title: 'محاولات فاشلة كثيرة جدًا',
      explanation: 'حاول شخص من عنوانك الدخول مرات كثيرة جدًا. أعد المحاولة بعد بضع دقائق.',
    },
    'client-not-found': {
      title: 'لا يوجد عميل كهذا',
      explanation: 'ربما حُذف في هذه الأثناء.',
    },
    conflict: {
      title: 'غيّره شخص آخر في اللحظة نفسها',
      explanation: 'لم يتغير شيء. اطّلع عليه من جديد، وكرّر ما أردت فعله.',
    },
  },
}
