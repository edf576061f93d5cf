"""Faults of the consent page in another language: what is lost in translation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import Change, Edit, every, page, portal, swap

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, twin=twin))


def _as_asked(_tenant: Tenant, request: Request) -> str:
    wanted = request.headers.get("accept-language", "").lower()
    return "es" if wanted.startswith("es") else "en"


_LABELS = {
    "claims": ("Reclamos y costos", "Cuentas que recibió el plan y lo que se pagó"),
    "coverage": ("Cobertura y plan", "Qué plan tiene y desde cuándo"),
    "personal": ("Datos personales", "Nombre, fecha de nacimiento, dirección y contacto"),
    "conditions": ("Enfermedades y planes de atención", "Enfermedades, metas y planes"),
    "medicines": ("Medicinas y alergias", "Recetas, medicinas entregadas, alergias"),
    "results": ("Resultados y mediciones", "Laboratorio, presión, peso, cuestionarios"),
    "visits": ("Visitas, procedimientos y vacunas", "Citas, operaciones, vacunas, aparatos"),
    "documents": ("Documentos", "Cartas, resúmenes y notas"),
    "providers": ("Médicos, clínicas y hospitales", "Quién lo atendió"),
    "sensitive": ("Información con protección especial", "Tratamiento por alcohol o drogas"),
    "identity": ("Quién es usted para el plan", "Un número que dice que es usted otra vez"),
    "offline": ("Acceso mientras usted no está", "La aplicación puede traer datos sin usted"),
}
"""By box: what it is called, and what it stands for."""


def _says(english: str, spanish: str) -> Edit:
    """Say a passage in Spanish where that is the language of the page."""
    both = f'{{% if language == "es" %}}{spanish}{{% else %}}{english}{{% endif %}}'
    return swap(english, both)


def _between(start: str, end: str, spanish: str) -> Edit:
    """Say in Spanish what stands from `start` up to `end`."""

    def edit(source: str) -> str:
        first = source.index(start)
        return _says(source[first : source.index(end, first)], spanish)(source)

    return edit


_WORDS = (
    _says("{{ item.label }}</label>", f"{{{{ {_LABELS!r}[item.id][0] }}}}</label>"),
    _says("{{ item.short }}", f"{{{{ {_LABELS!r}[item.id][1] }}}}"),
    _between("<details>", "</div>\n{% endmacro %}", ""),
    _between(
        "<h1>",
        "{{ alert(error)",
        "<h1>¿Compartir la información de salud de {{ view.member.name }} con "
        "{{ view.app.name }}?</h1>\n",
    ),
    _says("Not you? Use another account", "¿No es usted? Use otra cuenta"),
    _says("You are signed in as", "Usted ha iniciado sesión como"),
    _says("<dt>App</dt>", "<dt>Aplicación</dt>"),
    _says("<dt>Made by</dt>", "<dt>Hecha por</dt>"),
    _says("<dt>Privacy</dt>", "<dt>Privacidad</dt>"),
    _says("Privacy policy of", "Política de privacidad de"),
    _says("<dt>Information of</dt>", "<dt>Información de</dt>"),
    _says(
        "{{ view.attestation }}",
        "{{ view.app.developer }} {{ 'ha' if view.app.attested else 'no ha' }} aceptado las "
        "preguntas de privacidad del código CARIN.",
    ),
    _says("What {{ view.app.name }} asks for", "Lo que pide {{ view.app.name }}"),
    _between('<p class="quiet">Clear the box', "{% for item in view.items %}", ""),
    _says("Also your choice", "También decide usted"),
    _between(
        "<h2>How long this lasts</h2>",
        "{% if view.replaces %}",
        "<h2>Cuánto dura</h2>\n<p>Su decisión vale hasta el <strong>{{ view.ends }}</strong>, "
        "{% if view.extras | selectattr('id', 'equalto', 'offline') | list %}también cuando usted "
        "no usa la aplicación{% else %}y el acceso termina en una hora{% endif %}.</p>\n",
    ),
    _between(
        "<h2>Before you decide</h2>",
        '<div class="choices">',
        '<h2>Antes de decidir</h2>\n<div class="note">\n<p>Cuando {{ view.app.name }} tenga la '
        "información, {{ face.plan_name }} ya no la protege. La ley HIPAA por lo general no vale "
        "para aplicaciones; valen la política de la aplicación y las reglas de la Comisión "
        "Federal de Comercio (FTC).</p>\n<p>Puede dejar de compartir en cualquier momento: "
        '<a href="{{ tenant.base }}/portal/apps">{{ tenant.base }}/portal/apps</a>.</p>\n</div>\n',
    ),
    _says("{{ face.decline_label }}", "No permitir"),
    _says("{{ face.allow_label }}", "Permitir"),
)
_SPANISH = every(portal(page_language=_as_asked), page("consent", *_WORDS))

register(
    Defect(
        "consent-in-spanish",
        "consent",
        ("Q-AUTH-22",),
        "A browser that prefers Spanish gets the consent page in Spanish, with the same choices",
        _SPANISH,
        lawful=True,
    )
)
_defect(
    "page-language-mislabelled",
    "Q-AUTH-22",
    "A browser that prefers Spanish gets English pages that call themselves Spanish",
    portal(page_language=_as_asked),
    twin="consent-in-spanish",
)
_defect(
    "consent-in-spanish-without-choices",
    "Q-AUTH-22 N-REV-16",
    "The Spanish consent page has no boxes: everything asked for is shared",
    every(
        _SPANISH,
        page(
            "consent",
            swap(
                "{{ box(item) }}",
                '{% if language == "es" %}<input type="hidden" name="share-{{ item.id }}" '
                'value="yes">{% else %}{{ box(item) }}{% endif %}',
            ),
        ),
    ),
    twin="consent-in-spanish",
)
_defect(
    "consent-in-spanish-without-decline",
    "Q-AUTH-22 N-REV-09",
    "The Spanish consent page has no button to decline",
    every(
        _SPANISH,
        page(
            "consent",
            swap(
                '<button type="submit" name="decision" value="decline">',
                '{% if language != "es" %}<button type="submit" name="decision" value="decline">',
            ),
            swap(
                "No permitir{% else %}{{ face.decline_label }}{% endif %}</button>",
                "{% else %}{{ face.decline_label }}{% endif %}</button>{% endif %}",
            ),
        ),
    ),
    twin="consent-in-spanish",
)
