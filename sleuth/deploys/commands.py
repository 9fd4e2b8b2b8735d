"""What to paste into a pipeline so that it registers its deploys."""

from __future__ import annotations

from dataclasses import dataclass

CURL = """\
curl -X POST {url} \\
  -H 'Authorization: Bearer TOKEN' \\
  -d sha="$(git rev-parse HEAD)"{environment}"""

GITHUB = """\
- name: Register the deploy
  env:
    SLEUTH_TOKEN: ${{{{ secrets.SLEUTH_TOKEN }}}}
  run: |
    curl --fail-with-body -X POST {url} \\
      -H "Authorization: Bearer $SLEUTH_TOKEN" \\
      -d sha="$GITHUB_SHA" \\
      --data-urlencode branch="$GITHUB_REF_NAME" \\
      -d ignore_if_duplicate=true{environment}"""

GITLAB = """\
register-deploy:
  stage: .post
  image: curlimages/curl:latest
  script:
    - >-
      curl --fail-with-body -X POST {url}
      -H "Authorization: Bearer $SLEUTH_TOKEN"
      -d sha="$CI_COMMIT_SHA"
      --data-urlencode branch="$CI_COMMIT_REF_NAME"
      -d ignore_if_duplicate=true{environment}"""

JENKINS = """\
withCredentials([string(credentialsId: 'sleuth-token', variable: 'SLEUTH_TOKEN')]) {{
  sh '''
    curl --fail-with-body -X POST {url} \\
      -H "Authorization: Bearer $SLEUTH_TOKEN" \\
      -d sha="$GIT_COMMIT" \\
      --data-urlencode branch="$GIT_BRANCH" \\
      -d ignore_if_duplicate=true{environment}
  '''
}}"""

TEMPLATES = (
    ("curl", CURL, " \\\n  "),
    ("GitHub Actions", GITHUB, " \\\n      "),
    ("GitLab CI", GITLAB, "\n      "),
    ("Jenkins", JENKINS, " \\\n      "),
)


@dataclass(frozen=True, slots=True)
class Command:
    """A piece of text for one kind of pipeline."""

    name: str
    text: str


def commands(url: str, environment: str = "") -> list[Command]:
    """Return what registers a deploy at ``url``, for each kind of pipeline.

    Args:
        environment: Slug of the environment; empty for the project's default.
    """
    return [
        Command(
            name,
            template.format(
                url=url, environment=f"{joint}-d environment={environment}" if environment else ""
            ),
        )
        for name, template, joint in TEMPLATES
    ]
